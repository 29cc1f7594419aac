"""The queries about dispatchers: who is at work, and what those left in flight who are not."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, exists, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.models import DeliveryRow, DeliveryStatus, DispatcherRow, Medium, NotificationRow


async def show(session: AsyncSession, dispatcher: UUID, now: datetime) -> None:
    """Let the others see that this dispatcher is at work; on PostgreSQL, where there may be any."""
    query = insert(DispatcherRow).values(id=dispatcher, seen_at=now)
    await session.execute(
        query.on_conflict_do_update(index_elements=[DispatcherRow.id], set_={"seen_at": now})
    )


async def count_at_work(session: AsyncSession, seen_since: datetime) -> int:
    """How many dispatchers share the work."""
    query = select(func.count()).select_from(DispatcherRow)
    return await session.scalar(query.where(DispatcherRow.seen_at >= seen_since)) or 0


async def leave(session: AsyncSession, dispatcher: UUID) -> None:
    """What this dispatcher still has in flight may be taken back at once."""
    await session.execute(delete(DispatcherRow).where(DispatcherRow.id == dispatcher))


async def take_back(
    session: AsyncSession,
    media: Collection[Medium],
    now: datetime,
    *,
    by: UUID,
    busy: Collection[UUID],
    seen_since: datetime,
) -> int:
    """Queue again, as in doubt, what nobody has in hand any more; returns how many these are.

    Parameters
    ----------
    by, busy
        The dispatcher that asks, and the deliveries it is busy with. Others that are marked as
        its own come from a claim that was stored though the store's answer was lost.
    seen_since
        Dispatchers not seen since then are gone.
    """
    at_work = exists().where(
        DispatcherRow.id == DeliveryRow.claimed_by,
        DispatcherRow.id != by,
        DispatcherRow.seen_at >= seen_since,
    )
    lost = (
        select(DeliveryRow.id)
        .where(
            # Written out, so that the index of what is in flight will do.
            DeliveryRow.status == literal_column(f"'{DeliveryStatus.IN_FLIGHT}'"),
            DeliveryRow.medium.in_(media),
            DeliveryRow.id.not_in(busy),
            ~at_work,
        )
        # Who settles or takes back just now has it in hand.
        .with_for_update(skip_locked=True)
    )
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(lost))
        .values(
            status=DeliveryStatus.QUEUED,
            claimed_by=None,
            in_doubt=DeliveryRow.in_doubt + 1,
            due_at=now,
        )
        .returning(DeliveryRow.id, DeliveryRow.notification_id, DeliveryRow.in_doubt)
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(query)).all()
    keys = await _keys(session, [notification_id for _, notification_id, _ in rows])
    await publish(
        session,
        [
            new_event(
                DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.QUEUED),
                key=keys[notification_id],
                id=derived_id(delivery_id, f"in doubt:{in_doubt}"),
                time=now,
            )
            for delivery_id, notification_id, in_doubt in rows
        ],
    )
    await session.execute(delete(DispatcherRow).where(DispatcherRow.seen_at < seen_since))
    return len(rows)


async def _keys(session: AsyncSession, notification_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    query = select(NotificationRow.id, NotificationRow.case_id).where(
        NotificationRow.id.in_(notification_ids)
    )
    rows = await session.execute(query)
    return {notification_id: case_id or notification_id for notification_id, case_id in rows}
