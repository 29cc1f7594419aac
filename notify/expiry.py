"""What nobody needs any more is not sent: a storm warning is worthless tomorrow."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, Event, new_event
from notify.models import DeliveryRow, DeliveryStatus, NotificationRow
from notify.settling import tell_case
from notify.store import QUEUED

AT_ONCE = 500  # deliveries in one transaction
REASON = "it was not sent in time: it would be worth nothing now"


async def expire(session: AsyncSession, now: datetime) -> bool:
    """Give up what is queued and too late; its cases hear of it. Returns whether there is more."""
    late = (
        select(DeliveryRow.id)
        .where(DeliveryRow.status == QUEUED, DeliveryRow.expires_at <= now)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(late))
        .values(status=DeliveryStatus.EXPIRED, last_error=REASON, due_at=now)
        .returning(DeliveryRow.id, DeliveryRow.notification_id, DeliveryRow.recipient)
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(query)).all()
    if not rows:
        return False
    ids = [notification_id for _, notification_id, _ in rows]
    kinds, cases = await _notifications(session, ids), await _cases(session, ids)
    events: list[Event] = []
    for delivery_id, notification_id, recipient in rows:
        kind, case_id = kinds[notification_id]
        case = cases.get(case_id) if case_id is not None else None
        changed = DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.EXPIRED)
        key = case.id if case is not None else notification_id
        events.append(new_event(changed, key=key, id=derived_id(delivery_id, "expired"), time=now))
        if case is not None:
            events.append(tell_case(session, case, kind, recipient, REASON, now))
    await publish(session, events)
    return len(rows) == AT_ONCE


async def _notifications(
    session: AsyncSession, ids: Sequence[UUID]
) -> Mapping[UUID, tuple[str, UUID | None]]:
    """What each tells, and about which case."""
    query = select(NotificationRow.id, NotificationRow.kind, NotificationRow.case_id).where(
        NotificationRow.id.in_(ids)
    )
    return {one: (kind, case_id) for one, kind, case_id in (await session.execute(query))}


async def _cases(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, CaseRow]:
    """Those that the notifications are about, locked as all who append to their histories do."""
    query = (
        select(CaseRow)
        .where(CaseRow.id.in_(select(NotificationRow.case_id).where(NotificationRow.id.in_(ids))))
        .order_by(CaseRow.id)  # the same order everywhere: no deadlock
        .with_for_update(key_share=True)
    )
    return {case.id: case for case in await session.scalars(query)}
