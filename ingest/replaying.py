"""A stretch of the ledger: where it begins and ends, and bringing it to the consumers again.

What a consumer has processed would change nothing, so that the embedded engine, for a stretch that
ends, is only brought what is not. It comes by the ``retries`` table, which keeps the order of a
key.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, cast, exists, func, literal, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database, insert_new, is_postgresql
from ingest.consumer import Consumer
from ingest.models import CursorRow, ProcessedRow, QuarantineRow, RetryRow, StreamRow

WINDOW = 1_000  # positions of the ledger that are dealt with in one transaction


async def end(session: AsyncSession) -> int:
    """The last position of the ledger; 0 while it is empty."""
    return await session.scalar(select(func.max(StreamRow.seq))) or 0


async def position_before(session: AsyncSession, moment: datetime) -> int:
    """Behind it comes the first event of that moment or later; the end when there is none."""
    time, at = _times(session, moment)
    found = await session.scalar(select(func.min(StreamRow.seq)).where(time >= at))
    return await end(session) if found is None else found - 1


async def position_of_last(session: AsyncSession, moment: datetime) -> int:
    """The last event of that moment or earlier; 0 when there is none.

    What follows from an event bears the time of that event.
    """
    time, at = _times(session, moment)
    return await session.scalar(select(func.max(StreamRow.seq)).where(time <= at)) or 0


async def bring_again(
    database: Database, clock: Clock, consumers: Sequence[Consumer], *, seq: int, to: int
) -> int:
    """Bring consumers that read by cursors what stands behind ``seq``, up to ``to``.

    Left out is what they have processed, what waits in quarantine, and what they have yet to read
    in any case. Returns how many times an event is brought to a consumer.
    """
    count = 0
    async with database.begin() as session:
        for consumer in consumers:
            rows = [
                {
                    "consumer": consumer.name,
                    "event_id": event_id,
                    "seq": position,
                    "key": key,
                    "attempts": 0,
                    "error": "brought again by a replay",
                    "due_at": clock(),
                }
                for event_id, position, key in await session.execute(
                    _unprocessed(consumer, seq, to)
                )
            ]
            await insert_new(session, RetryRow, rows)
            count += len(rows)
    return count


def _times(
    session: AsyncSession, moment: datetime
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """An event's time and the moment, in a form that this database can compare."""
    if is_postgresql(session):
        event = cast(StreamRow.event, JSON)
        return cast(event["time"].astext, DateTime(timezone=True)), literal(moment)
    told = func.json_extract(StreamRow.event, "$.time")
    return func.julianday(told), func.julianday(moment.astimezone(UTC).isoformat())


def _unprocessed(consumer: Consumer, seq: int, to: int) -> Select[UUID, int, str]:
    read = select(CursorRow.seq).where(CursorRow.consumer == consumer.name).scalar_subquery()
    name = consumer.name
    return (
        select(StreamRow.id, StreamRow.seq, StreamRow.key)
        .where(
            StreamRow.stream == consumer.stream,
            StreamRow.seq > seq,
            StreamRow.seq <= to,
            StreamRow.seq <= read,
            ~exists().where(ProcessedRow.consumer == name, ProcessedRow.event_id == StreamRow.id),
            ~exists().where(
                QuarantineRow.consumer == name,
                QuarantineRow.event_id == StreamRow.id,
                QuarantineRow.resolved_at.is_(None),
            ),
        )
        .order_by(StreamRow.seq)
    )
