"""The embedded engine, SQLite by SQLAlchemy, and ``sqlite3``."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop
from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bench.stream.work import (
    STAGES,
    WORDS,
    Results,
    arrivals,
    compared,
    consumers,
    enter,
    following,
    make_tables,
    row,
    row_id,
    until,
)
from core.clock import utc_now
from core.database import Database
from core.garbage import spare_the_collector
from ingest import EmbeddedEngine
from ingest.consumer import BATCH
from ingest.events import Event
from ingest.failures import BackOff, Failures
from ingest.models import CursorRow, ProcessedRow, StreamRow
from ingest.pipeline import Stage


def embedded(folder: Path, count: int, handled: int) -> Results:
    spare_the_collector()  # as a town's process does
    seconds = {
        "guichet": uvloop.run(_engine(folder / "engine.db", count, handled)),
        "sqlalchemy": uvloop.run(_sqlalchemy(folder / "sqlalchemy.db", count)),
        "bare_sqlite3": _sqlite3(folder / "bare.db", count),
    }
    return compared(handled, seconds)


async def _engine(path: Path, count: int, handled: int) -> float:
    database = _database(path)
    await make_tables(database)
    await enter(database, arrivals(count))
    engine = EmbeddedEngine(database, consumers(), Failures(utc_now, BackOff()))
    started = time.perf_counter()
    working = asyncio.create_task(engine.run())
    await until(database, handled)
    seconds = time.perf_counter() - started
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    await database.close()
    return seconds


def _database(path: Path) -> Database:
    return Database(f"sqlite+aiosqlite:///{path}")


# ---- the same by SQLAlchemy ----

_PROCESSED: Any = insert(ProcessedRow).on_conflict_do_nothing()
_STREAM: Any = insert(StreamRow).on_conflict_do_nothing()
_NEW_CURSOR: Any = insert(CursorRow)
_CURSOR = _NEW_CURSOR.on_conflict_do_update(
    index_elements=[CursorRow.consumer], set_={"seq": _NEW_CURSOR.excluded.seq}
)


async def _sqlalchemy(path: Path, count: int) -> float:
    """Stage by stage: read a batch of its stream, write its rows and those of what follows."""
    database = _database(path)
    await make_tables(database)
    await enter(database, arrivals(count))
    started = time.perf_counter()
    for stage in STAGES:
        seq = 0
        while batch := await _read(database, stage, seq):
            seq = batch[-1][0]
            async with database.begin() as session:
                await _write(session, stage, [event for _, event in batch], seq)
    seconds = time.perf_counter() - started
    await database.close()
    return seconds


async def _read(database: Database, stage: Stage, seq: int) -> list[tuple[int, Event]]:
    unread = (
        select(StreamRow.seq, StreamRow.event)
        .where(StreamRow.stream == stage.reads, StreamRow.seq > seq)
        .order_by(StreamRow.seq)
        .limit(BATCH)
    )
    async with database.read() as session:
        found = await session.execute(unread)
        return [(number, Event.model_validate_json(event)) for number, event in found]


async def _write(session: AsyncSession, stage: Stage, batch: Sequence[Event], seq: int) -> None:
    session.add_all([row(event, stage) for event in batch])
    await session.flush()
    await session.execute(
        _PROCESSED, [{"consumer": stage.consumer, "event_id": event.id} for event in batch]
    )
    new = [
        {
            "id": event.id,
            "stream": event.stream,
            "key": event.subject,
            "event": event.model_dump_json(),
        }
        for handled in batch
        for event in following(handled, stage)
    ]
    if new:
        await session.execute(_STREAM, new)
    await session.execute(_CURSOR, {"consumer": stage.consumer, "seq": seq})


# ---- the same by the driver ----


def _sqlite3(path: Path, count: int) -> float:
    asyncio.run(_prepare(path))
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    arrived = arrivals(count)
    database.execute("BEGIN")
    _insert_events(database, arrived)
    database.execute("COMMIT")
    waiting: dict[str, list[Event]] = {"intake.received": arrived}
    started = time.perf_counter()
    for stage in STAGES:
        events = waiting.get(stage.reads, [])
        for first in range(0, len(events), BATCH):
            batch = events[first : first + BATCH]
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO bench_rows (id, consumer, words) VALUES (?, ?, ?)",
                [(row_id(event.id, stage).hex, stage.consumer, WORDS) for event in batch],
            )
            database.executemany(
                "INSERT INTO processed (consumer, event_id) VALUES (?, ?)",
                [(stage.consumer, event.id.hex) for event in batch],
            )
            new = [new for event in batch for new in following(event, stage)]
            _insert_events(database, new)
            database.execute(
                "INSERT INTO cursors (consumer, seq) VALUES (?, ?)"
                " ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq",
                (stage.consumer, first),
            )
            database.execute("COMMIT")
            for event in new:
                waiting.setdefault(event.stream, []).append(event)
    seconds = time.perf_counter() - started
    database.close()
    return seconds


async def _prepare(path: Path) -> None:
    database = _database(path)
    await make_tables(database)
    await database.close()


def _insert_events(database: sqlite3.Connection, events: Sequence[Event]) -> None:
    database.executemany(
        "INSERT INTO stream (id, stream, key, event) VALUES (?, ?, ?, ?)",
        [(event.id.hex, event.stream, event.subject, event.model_dump_json()) for event in events],
    )
