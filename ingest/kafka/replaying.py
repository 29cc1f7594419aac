"""Reading the ledger again: what it has goes through Kafka once more."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core.database import Database
from ingest.models import OutboxRow, StreamRow


async def publish_again(
    database: Database, streams: Collection[str], *, seq: int = 0, to: int | None = None
) -> None:
    """Publish what stands behind ``seq``, up to ``to``, in these streams; what was processed stays
    as it is."""
    events = (
        select(StreamRow.seq)
        .where(StreamRow.stream.in_(streams), StreamRow.seq > seq)
        .order_by(StreamRow.seq)
    )
    if to is not None:
        events = events.where(StreamRow.seq <= to)
    again = insert(OutboxRow).from_select(["seq"], events)
    async with database.begin() as session:
        await session.execute(
            again.on_conflict_do_update(
                index_elements=[OutboxRow.seq],
                set_={"published_at": None, "partition": None, "offset": None},
            )
        )
