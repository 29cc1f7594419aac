"""What the lanes ask of the ledger all the time; the statements are built once."""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import insert_new
from ingest.models import CursorRow, ProcessedRow, QuarantineRow, RetryRow, StreamRow

_CURSOR = select(CursorRow.seq).where(CursorRow.consumer == bindparam("consumer")).scalar_subquery()
_UNREAD = (
    select(StreamRow.seq, StreamRow.event)
    .where(StreamRow.stream == bindparam("stream"), StreamRow.seq > func.coalesce(_CURSOR, 0))
    .order_by(StreamRow.seq)
    .limit(bindparam("most"))
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


async def unread(
    session: AsyncSession, consumer: str, stream: str, most: int
) -> Sequence[tuple[int, str]]:
    """The next events for a consumer, each its position and its JSON."""
    values = {"consumer": consumer, "stream": stream, "most": most}
    return [(seq, event) for seq, event in await session.execute(_UNREAD, values)]


async def has_retries(session: AsyncSession, consumer: str) -> bool:
    """Whether anything waits to be tried again, now or later."""
    return bool(await session.scalar(_HAS_RETRIES, {"consumer": consumer}))


async def settled(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> set[UUID]:
    """Those of the events whose effect is in the store, or that wait for an agent."""
    values = {"consumer": consumer, "ids": [*ids]}
    return set(await session.scalars(_SETTLED, values))


async def mark_processed(session: AsyncSession, consumer: str, ids: Collection[UUID]) -> None:
    rows = [{"consumer": consumer, "event_id": event_id} for event_id in ids]
    await insert_new(session, ProcessedRow, rows)


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
