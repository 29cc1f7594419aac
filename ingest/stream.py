"""Writing events: always in the transaction of what they tell, never in a step of their own."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import announce, insert_new
from ingest.events import Event
from ingest.models import OutboxRow, StreamRow


async def publish(session: AsyncSession, events: Sequence[Event]) -> None:
    """Enter the events in the ledger. One that is there already stays as it is."""
    rows = [row_of(event) for event in events]
    if session.get_bind().dialect.name == "postgresql":
        seqs = await insert_new(session, StreamRow, rows, returning=StreamRow.seq)
        await insert_new(session, OutboxRow, [{"seq": seq} for seq in seqs])
    else:  # where the consumers read the ledger itself
        await insert_new(session, StreamRow, rows)
    announce(session, events)


def row_of(event: Event) -> dict[str, object]:
    return {
        "id": event.id,
        "stream": event.stream,
        "key": event.subject,
        "event": event.model_dump_json(),
    }
