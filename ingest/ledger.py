"""What the engines ask of the ledger all the time; the statements are built once.

Where each database has its own way of taking a list as one value (so that one statement, prepared
once, does for any number of events), a statement is written out for both.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, literal, select, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import insert_new, is_postgresql
from core.sqlite import LATER
from ingest.events import Event
from ingest.models import CursorRow, ProcessedRow, RetryRow, StreamRow

_CURSOR = select(CursorRow.seq).where(CursorRow.consumer == bindparam("consumer")).scalar_subquery()
_HAS_RETRIES = select(exists().where(RetryRow.consumer == bindparam("consumer")))
_UNREAD = (
    select(StreamRow.seq, StreamRow.event)
    .where(StreamRow.stream == bindparam("stream"), StreamRow.seq > func.coalesce(_CURSOR, 0))
    .order_by(StreamRow.seq)
    .limit(bindparam("most"))
    .subquery()
)
# A row in any case, for what it says of the retries.
_NEXT = (
    select(_HAS_RETRIES.scalar_subquery(), _UNREAD.c.seq, _UNREAD.c.event)
    .select_from(select(literal(1)).subquery().outerjoin(_UNREAD, true()))
    .order_by(_UNREAD.c.seq)
)

_ENTER = text(
    "WITH new AS ("
    " INSERT INTO stream (id, stream, key, event)"
    " SELECT id, stream, key, event FROM json_to_recordset(CAST(:rows AS json))"
    " AS given (id uuid, stream text, key text, event text)"
    " ON CONFLICT DO NOTHING RETURNING seq)"
    " INSERT INTO outbox (seq) SELECT seq FROM new"
)

# What waits for an agent is theirs.
_CLAIM = (
    "INSERT INTO processed (consumer, event_id) SELECT CAST(:consumer AS varchar), given.id"
    " FROM {given} WHERE NOT EXISTS (SELECT 1 FROM quarantine WHERE quarantine.consumer = :consumer"
    " AND quarantine.event_id = given.id AND quarantine.resolved_at IS NULL)"
    " ON CONFLICT DO NOTHING RETURNING event_id"
)
# That all are news is told by their number: to read so many ids takes its time.
_COUNTED = (
    "WITH news AS ({news})"
    " SELECT count(*), CASE WHEN count(*) < :many THEN array_agg(event_id) END FROM news"
)
_CLAIM_POSTGRESQL = text(
    _COUNTED.format(news=_CLAIM.format(given="unnest(CAST(:ids AS uuid[])) AS given (id)"))
)
_CLAIM_SQLITE = text(_CLAIM.format(given="(SELECT value AS id FROM json_each(:ids)) AS given"))

_LET_GO = delete(ProcessedRow.__table__).where(  # type: ignore[arg-type]
    ProcessedRow.consumer == bindparam("of"), ProcessedRow.event_id == bindparam("event")
)

# Each part looks one row up by an index: joins would let a planner that does not know yet how large
# a table has grown read all of it.
_LOOK = text(
    "SELECT stream.id, stream.seq, EXISTS ("
    " SELECT 1 FROM stream AS earlier WHERE earlier.key = stream.key"
    " AND earlier.seq < stream.seq AND earlier.stream = stream.stream"
    " AND earlier.id <> ALL (CAST(:ids AS uuid[]))"
    " AND (SELECT 1 FROM processed"
    " WHERE processed.consumer = :consumer AND processed.event_id = earlier.id) IS NULL"
    " AND (SELECT 1 FROM quarantine WHERE quarantine.consumer = :consumer"
    " AND quarantine.event_id = earlier.id AND quarantine.resolved_at IS NULL) IS NULL),"
    " (SELECT 1 FROM retries"
    " WHERE retries.consumer = :consumer AND retries.event_id = stream.id) IS NOT NULL"
    " FROM stream WHERE stream.id = ANY (CAST(:ids AS uuid[])) ORDER BY stream.seq"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event and its position in the ledger."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Look:
    """What the ledger says of an event that Kafka brings."""

    seq: int
    overtakes: bool
    """Whether its consumer has yet to handle an earlier one of its key. An event of the same batch
    comes before in any case; nothing waits for one that is in quarantine."""
    put_aside: bool
    """Whether it is to be tried again, now or later."""


async def enter(session: AsyncSession, events: Sequence[Event]) -> None:
    """Enter events in the ledger, and with PostgreSQL in the outbox; what is there stays."""
    rows = [
        {
            "id": event.id,
            "stream": event.stream,
            "key": event.subject,
            "event": event.model_dump_json(),
        }
        for event in events
    ]
    if is_postgresql(session):
        await session.execute(_ENTER, {"rows": json.dumps(rows, default=str)})
    else:  # where the consumers read the ledger itself
        await insert_new(session, StreamRow, rows)


async def unread(
    session: AsyncSession, consumer: str, stream: str, most: int
) -> tuple[Sequence[Entry], bool]:
    """The next events for a consumer that reads by its cursor; and whether it has retries, due now
    or later."""
    values = {"consumer": consumer, "stream": stream, "most": most}
    rows = (await session.execute(_NEXT, values)).all()
    entries = [
        Entry(seq, Event.model_validate_json(event)) for _, seq, event in rows if seq is not None
    ]
    return entries, bool(rows[0][0])


async def look(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> Mapping[UUID, Look]:
    """What the ledger says of each, in its order; without what is not in it. PostgreSQL only."""
    values = {"consumer": consumer, "ids": _array(ids)}
    rows = await session.execute(_LOOK, values)
    return {event_id: Look(*found) for event_id, *found in rows}


async def has_retries(session: AsyncSession, consumer: str) -> bool:
    """Whether anything waits to be tried again, now or later."""
    return bool(await session.scalar(_HAS_RETRIES, {"consumer": consumer}))


async def claim(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Write down that the consumer has processed the events; returns those that are news.

    Where another worker is at one of them, this waits for what becomes of its transaction.
    """
    # In one order everywhere, so that two workers never wait for each other.
    ordered = sorted(ids)
    if is_postgresql(session):
        values = {"consumer": consumer, "ids": _array(ordered), "many": len(ordered)}
        count, some = (await session.execute(_CLAIM_POSTGRESQL, values)).one()
        return set(ordered if count == len(ordered) else some or ())
    values = {"consumer": consumer, "ids": json.dumps([event_id.hex for event_id in ordered])}
    news = (await session.scalars(_CLAIM_SQLITE, values)).all()
    if len(news) == len(ordered):  # as nearly always
        return set(ordered)
    return {UUID(event_id) for event_id in news}


async def let_go(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> None:
    """Claim no longer, in the same transaction, what is not handled in it after all."""
    rows = [{"of": consumer, "event": event_id} for event_id in ids]
    await session.execute(_LET_GO, rows, execution_options=LATER)


async def move_cursor(session: AsyncSession, consumer: str, seq: int) -> None:
    """Never back: who was slower than a retry does not undo it."""
    statement = _move_cursor(session.get_bind().dialect.name)
    # As one of many rows, of which nothing is read back: so it has no hop of its own on SQLite.
    await session.execute(statement, [{"consumer": consumer, "seq": seq}])


def age(event: str, now: datetime) -> float:
    """Seconds since what brought the event about."""
    return (now - Event.model_validate_json(event).time).total_seconds()


@cache
def _move_cursor(dialect: str) -> Any:
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(CursorRow.__table__)
    return new.on_conflict_do_update(
        index_elements=[CursorRow.consumer],
        set_={"seq": new.excluded.seq},
        where=CursorRow.seq < new.excluded.seq,
    )


def _array(ids: Collection[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"
