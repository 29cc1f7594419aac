"""Who has called a mail of ours spam, and subscribes again all the same."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.ids import new_id
from feeds.subscriptions import SubscriberRow
from notify import Medium, record_wish, stopped


async def take_back_complaint(
    session: AsyncSession, clock: Clock, row: SubscriberRow, *, source: str
) -> None:
    """They have just proven that they want mail, by way of ``source``. Without a complaint it does
    nothing."""
    if row.email and await stopped(session, Medium.EMAIL, [row.email]):
        await record_wish(
            session,
            clock,
            id=new_id(),
            address=row.email,
            medium=Medium.EMAIL,
            allowed=True,
            source=source,
        )
