"""What the loops over PostgreSQL write: by its driver, and by SQLAlchemy.

Two transactions a batch: what is handled, with the outbox; then what Kafka has of it. Nothing is
asked about order, retries and quarantine, and nobody looks whether an event came through.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import psycopg
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from bench.stream.work import WORDS, BenchRow, row_id
from core.clock import utc_now
from core.database import Database
from ingest.events import Event
from ingest.models import OutboxRow, ProcessedRow, StreamRow
from ingest.pipeline import Stage


class Store(Protocol):
    """Where a loop writes."""

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        """The rows of a batch, in one transaction."""

    async def published(self, new: Sequence[Event]) -> None:
        """The outbox's two further writes of each event: published, and let go of."""


class Psycopg:
    def __init__(self, database: psycopg.AsyncConnection) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> "Psycopg":
        plain = url.replace("postgresql+psycopg", "postgresql")
        return cls(await psycopg.AsyncConnection.connect(plain))

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        async with self._database.transaction(), self._database.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO bench_rows (id, consumer, words) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [(row_id(event.id, stage), stage.consumer, WORDS) for event in batch],
            )
            await cursor.executemany(
                "INSERT INTO processed (consumer, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(stage.consumer, event.id) for event in batch],
            )
            if new:
                await cursor.executemany(
                    "WITH new AS (INSERT INTO stream (id, stream, key, event)"
                    " VALUES (%(id)s, %(stream)s, %(key)s, %(event)s) ON CONFLICT DO NOTHING"
                    " RETURNING seq)"
                    " INSERT INTO outbox (seq) SELECT seq FROM new",
                    [_stream_row(event) for event in new],
                )

    async def published(self, new: Sequence[Event]) -> None:
        ids = [event.id for event in new]
        async with self._database.transaction():
            await self._database.execute(
                "UPDATE outbox SET published_at = now() FROM stream"
                " WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
                [ids],
            )
            await self._database.execute(
                "DELETE FROM outbox USING stream"
                " WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
                [ids],
            )


class Sqlalchemy:
    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> "Sqlalchemy":
        return cls(Database(url))

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        async with self._database.begin() as session:
            await session.execute(
                _ROWS,
                [
                    {"id": row_id(event.id, stage), "consumer": stage.consumer, "words": WORDS}
                    for event in batch
                ],
            )
            await session.execute(
                _PROCESSED, [{"consumer": stage.consumer, "event_id": event.id} for event in batch]
            )
            if new:
                entered = await session.scalars(_STREAM, [_stream_row(event) for event in new])
                # None is what a rebalance has brought twice.
                rows = [{"seq": seq} for seq in entered if seq]
                if rows:
                    await session.execute(_OUTBOX, rows)

    async def published(self, new: Sequence[Event]) -> None:
        rows = select(StreamRow.seq).where(StreamRow.id.in_([event.id for event in new]))
        async with self._database.begin() as session:
            await session.execute(
                update(OutboxRow).where(OutboxRow.seq.in_(rows)).values(published_at=utc_now())
            )
            await session.execute(delete(OutboxRow).where(OutboxRow.seq.in_(rows)))


_ROWS: Any = insert(BenchRow).on_conflict_do_nothing()
_PROCESSED: Any = insert(ProcessedRow).on_conflict_do_nothing()
_STREAM: Any = insert(StreamRow).on_conflict_do_nothing().returning(StreamRow.seq)
_OUTBOX: Any = insert(OutboxRow)


def _stream_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "stream": event.stream,
        "key": event.subject,
        "event": event.model_dump_json(),
    }
