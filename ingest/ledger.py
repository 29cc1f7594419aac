"""What the lanes ask of the ledger all the time; the statements are built once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.database import insert_new
from ingest.events import Event
from ingest.models import CursorRow, ProcessedRow, QuarantineRow, RetryRow, StreamRow

_CURSOR = select(CursorRow.seq).where(CursorRow.consumer == bindparam("consumer")).scalar_subquery()
_UNREAD = (
    select(StreamRow.seq, StreamRow.event)
    .where(StreamRow.stream == bindparam("stream"), StreamRow.seq > func.coalesce(_CURSOR, 0))
    .order_by(StreamRow.seq)
    .limit(bindparam("most"))
)
_POSITIONS = select(StreamRow.id, StreamRow.seq).where(
    StreamRow.id.in_(bindparam("ids", expanding=True))
)
_EARLIER = aliased(StreamRow)
_OVERTAKING = select(StreamRow.id).where(
    StreamRow.id.in_(bindparam("ids", expanding=True)),
    exists().where(
        _EARLIER.stream == StreamRow.stream,
        _EARLIER.key == StreamRow.key,
        _EARLIER.seq < StreamRow.seq,
        _EARLIER.id.not_in(bindparam("ids", expanding=True)),
        ~exists().where(
            ProcessedRow.consumer == bindparam("consumer"), ProcessedRow.event_id == _EARLIER.id
        ),
        ~exists().where(
            QuarantineRow.consumer == bindparam("consumer"),
            QuarantineRow.event_id == _EARLIER.id,
            QuarantineRow.resolved_at.is_(None),
        ),
    ),
)
_HAS_RETRIES = select(exists().where(RetryRow.consumer == bindparam("consumer")))
_SETTLED = union_all(
    select(ProcessedRow.event_id).where(
        ProcessedRow.consumer == bindparam("consumer"),
        ProcessedRow.event_id.in_(bindparam("ids", expanding=True)),
    ),
    select(QuarantineRow.event_id).where(
        QuarantineRow.consumer == bindparam("consumer"),
        QuarantineRow.event_id.in_(bindparam("ids", expanding=True)),
        QuarantineRow.resolved_at.is_(None),
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event and its position in the ledger."""

    seq: int
    event: Event


async def unread(session: AsyncSession, consumer: str, stream: str, most: int) -> Sequence[Entry]:
    """The next events for a consumer that reads by its cursor."""
    values = {"consumer": consumer, "stream": stream, "most": most}
    return [
        Entry(seq, Event.model_validate_json(event))
        for seq, event in await session.execute(_UNREAD, values)
    ]


def age(event: str, now: datetime) -> float:
    """Seconds since what brought the event about."""
    return (now - Event.model_validate_json(event).time).total_seconds()


async def positions(session: AsyncSession, ids: Collection[UUID]) -> Mapping[UUID, int]:
    """Where in the ledger the events stand; what is not in it is left out."""
    rows = await session.execute(_POSITIONS, {"ids": [*ids]})
    return dict(rows.all())


async def overtaking(session: AsyncSession, consumer: str, entries: Sequence[Entry]) -> set[UUID]:
    """Those of the events before which the consumer has yet to handle another of their key.

    What is in quarantine is left to the agents: nothing waits for it. An event of the same batch
    comes before in any case.
    """
    values = {"consumer": consumer, "ids": [entry.event.id for entry in entries]}
    return set(await session.scalars(_OVERTAKING, values))


async def has_retries(session: AsyncSession, consumer: str) -> bool:
    """Whether anything waits to be tried again, now or later."""
    return bool(await session.scalar(_HAS_RETRIES, {"consumer": consumer}))


async def settled(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the events whose effect is in the store, or that wait for an agent."""
    values = {"consumer": consumer, "ids": [*ids]}
    return set(await session.scalars(_SETTLED, values))


async def claim(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Write down that the consumer has processed the events; returns those that are news.

    Where another worker is at one of them, this waits for what becomes of its transaction.
    """
    # In one order everywhere, so that two workers never wait for each other.
    rows = [{"consumer": consumer, "event_id": event_id} for event_id in sorted(ids)]
    return set(await insert_new(session, ProcessedRow, rows, returning=ProcessedRow.event_id))


async def move_cursor(session: AsyncSession, consumer: str, seq: int) -> None:
    """Never back: who was slower than a retry does not undo it."""
    statement = _move_cursor(session.get_bind().dialect.name)
    await session.execute(statement, {"consumer": consumer, "seq": seq})


@cache
def _move_cursor(dialect: str) -> Any:
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(CursorRow.__table__)
    return new.on_conflict_do_update(
        index_elements=[CursorRow.consumer],
        set_={"seq": new.excluded.seq},
        where=CursorRow.seq < new.excluded.seq,
    )
