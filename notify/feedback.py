"""What providers tell of a delivery after they have taken it; twice, late and out of order."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.models import DeliveryRow, DeliveryStatus, NotificationRow
from notify.settling import tell_case

FINAL = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)


async def record_feedback(
    session: AsyncSession,
    *,
    delivery_id: UUID,
    provider_id: str,
    status: DeliveryStatus,
    reason: str,
    at: datetime,
) -> bool:
    """Write down that it arrived, or could not; returns whether the delivery is one of ours.

    What is final stays: an earlier status that comes late changes nothing. A failure is told to the
    case, too.
    """
    row = await session.get(DeliveryRow, delivery_id, with_for_update=True)
    if row is None:
        return False
    if status not in FINAL or row.status in FINAL:
        return True
    row.status, row.claimed_by, row.provider_id = status, None, provider_id
    row.last_error, row.sent_at = reason, row.sent_at or at
    notification = await session.get_one(NotificationRow, row.notification_id)
    changed = new_event(
        DeliveryChanged(delivery_id=row.id, status=status),
        key=notification.case_id or notification.id,
        id=derived_id(row.id, f"feedback:{status}"),
        time=at,
    )
    events = [changed]
    if status is DeliveryStatus.FAILED and notification.case_id is not None:
        case = await session.scalar(
            select(CaseRow)
            .where(CaseRow.id == notification.case_id)
            .with_for_update(key_share=True)
        )
        if case is not None:
            events.append(tell_case(session, case, notification.kind, row.recipient, reason, at))
    await session.flush()
    await publish(session, events)
    return True
