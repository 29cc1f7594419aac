"""Writing events: always in the transaction of what they tell, never in a step of their own."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import announce
from ingest import ledger
from ingest.events import Event


async def publish(session: AsyncSession, events: Sequence[Event]) -> None:
    """Enter the events in the ledger. One that is there already stays as it is."""
    if events:
        await ledger.enter(session, events)
        announce(session, events)
