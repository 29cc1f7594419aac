"""Copying an embedded town's rows and large files, in batches, to PostgreSQL and another store."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Integer,
    String,
    Table,
    bindparam,
    column,
    exists,
    func,
    insert,
    literal_column,
    select,
    text,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

import guichet.models  # noqa: F401  (every table)
from cases.models import CaseSearchRow
from core.blobs import BlobRow, Blobs
from core.database import Base, Database
from core.errors import NotThere, Refused
from guichet.progress import Bars
from ingest.models import CursorRow, OutboxRow, ProcessedRow, QuarantineRow, StreamRow
from ingest.pipeline import PIPELINE

BATCH = 200  # rows in memory at once; one holds 64 KiB of a blob, or the text of a long mail
FILES = 4  # in memory at once


def tables() -> list[Table]:
    """In an order in which each row finds what it refers to.

    What the cursors say on the embedded engine the outbox says on the other: it is filled.
    """
    ordered = {table.name: table for table in Base.metadata.sorted_tables}
    for engines in (CursorRow, OutboxRow):
        ordered.pop(engines.__tablename__)
    # It refers to cases, which SQLite's full-text table cannot say.
    search = ordered.pop(CaseSearchRow.__tablename__)
    return [*ordered.values(), search]


async def first_filled(session: AsyncSession) -> str:
    """The name of a table that has rows; empty when none has."""
    for table in Base.metadata.sorted_tables:
        if await session.scalar(select(exists().select_from(table))):
            return table.name
    return ""


async def copy_rows(old: AsyncSession, new: AsyncSession, shown: Bars) -> int:
    """Everything from SQLite to PostgreSQL, in the caller's transactions. Returns the rows."""
    # Checked a batch at a time: until the commit the server would keep a note of every row.
    await new.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    count = 0
    for table in tables():
        count += await _copy(old, new, table, shown)
    if await new.scalar(select(exists().select_from(StreamRow))):
        await new.execute(
            text("SELECT setval(pg_get_serial_sequence('stream', 'seq'), max(seq)) FROM stream")
        )
    return count


async def fill_outbox(session: AsyncSession) -> int:
    """What some consumer has yet to handle goes to Kafka. Returns the number of events.

    What it has in quarantine waits for an agent, and not for Kafka.
    """
    # Before their rows are committed, nobody has counted them for the planner.
    await session.execute(text("ANALYZE stream, processed, quarantine"))
    stage = values(column("consumer", String), column("stream", String), name="stage").data(
        [(stage.consumer, stage.reads) for stage in PIPELINE]
    )
    unread = (
        select(StreamRow.seq)
        .join(stage, stage.c.stream == StreamRow.stream)
        .where(
            ~exists().where(
                ProcessedRow.consumer == stage.c.consumer, ProcessedRow.event_id == StreamRow.id
            ),
            ~exists().where(
                QuarantineRow.consumer == stage.c.consumer,
                QuarantineRow.event_id == StreamRow.id,
                QuarantineRow.resolved_at.is_(None),
            ),
        )
        .distinct()
    )
    await session.execute(insert(OutboxRow).from_select(["seq"], unread))
    return await session.scalar(select(func.count()).select_from(OutboxRow)) or 0


async def copy_files(
    database: Database, old: Blobs, new: Blobs, shown: Bars
) -> tuple[int, list[str]]:
    """The blobs outside of the database. Returns how many, and those that were lost before."""
    async with database.read() as session:
        query = select(BlobRow.sha256).where(BlobRow.content.is_(None)).order_by(BlobRow.sha256)
        names = (await session.scalars(query)).all()

    async def copy(name: str) -> bool:
        try:
            async with database.read() as session:
                content = await old.read(session, name)
        except NotThere:
            return False
        return (await new.stage(content)).sha256 == name

    lost = []
    advance = shown.bar("large files", len(names))
    for start in range(0, len(names), FILES):
        batch = names[start : start + FILES]
        whole = await asyncio.gather(*map(copy, batch))
        lost += [name for name, is_whole in zip(batch, whole, strict=True) if not is_whole]
        advance(len(batch))
    return len(names) - len(lost), lost


async def _copy(old: AsyncSession, new: AsyncSession, table: Table, shown: Bars) -> int:
    total = await old.scalar(select(func.count()).select_from(table)) or 0
    if not total:
        return 0
    advance = shown.bar(table.name, total)
    place = literal_column("rowid", Integer)  # SQLite's own: every table has one
    query = (
        select(place.label("place"), *table.columns)
        .where(place > bindparam("last"))
        .order_by(place)
        .limit(BATCH)
    )
    last, count = -(2**63), 0
    while rows := (await old.execute(query, {"last": last})).all():
        await new.execute(insert(table), [_for_postgresql(table, row[1:]) for row in rows])
        last = rows[-1][0]
        count += len(rows)
        advance(len(rows))
    if count != total:
        raise Refused(f"{table.name} has {total} rows, of which {count} could be read")
    return count


def _for_postgresql(table: Table, row: Sequence[Any]) -> Mapping[str, Any]:
    """Raises Refused for what PostgreSQL would, with the place: SQLite looks at no length."""
    cleaned = {}
    for one, value in zip(table.columns, row, strict=True):
        cleaned[one.name] = _without_nul(value)
        most = one.type.length if isinstance(one.type, String) else None
        if most is not None and isinstance(value, str) and len(value) > most:
            keys = [
                str(value) for key, value in zip(table.columns, row, strict=True) if key.primary_key
            ]
            raise Refused(
                f"{table.name}.{one.name} of {', '.join(keys)} has {len(value)} characters, "
                f"of which PostgreSQL takes {most}"
            )
    return cleaned


def _without_nul(value: Any) -> Any:
    """PostgreSQL takes no NUL in a text; ours are cleaned, but not what libraries have told."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [_without_nul(one) for one in value]
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(one) for key, one in value.items()}
    return value
