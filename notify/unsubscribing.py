"""What waits for who has just unsubscribed: mails and SMS of campaigns that are held back, or that
come to their turn in a while."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from notify.campaigns import UNSUBSCRIBED
from notify.history import latest_of
from notify.models import DeliveryRow, DeliveryStatus, Medium


async def drop_waiting(
    session: AsyncSession, subscriber_id: UUID, medium: Medium, kept: Collection[UUID]
) -> None:
    """Send nothing more of what none of the ``kept`` topics brings, those still subscribed to.

    For which topics an SMS comes is not kept: as long as there is any, it comes.
    """
    query = select(DeliveryRow.id, DeliveryRow.personal).where(
        DeliveryRow.notification_id.in_(await latest_of(session, [subscriber_id])),
        DeliveryRow.medium == medium,
        DeliveryRow.status == DeliveryStatus.QUEUED,
    )
    left = {one.hex for one in kept}
    dropped = []
    for id, personal in await session.execute(query):
        topics = (personal or {}).get("topics", "").split()
        if left.isdisjoint(topics) if topics else not left:
            dropped.append(id)
    if dropped:
        await session.execute(
            update(DeliveryRow)
            .where(DeliveryRow.id.in_(dropped), DeliveryRow.status == DeliveryStatus.QUEUED)
            .values(status=DeliveryStatus.FAILED, last_error=UNSUBSCRIBED)
            .execution_options(synchronize_session=False)
        )
