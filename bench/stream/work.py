"""The work that is measured: one row an event, and the events that follow."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import String, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import utc_now
from core.database import Base, Database
from core.ids import derived_id, new_id
from guichet.migrate import migrate
from ingest import ChannelName, Consumer, publish
from ingest.events import Data, Event, IntakeReceived, new_event
from ingest.pipeline import PIPELINE, STREAMS, Stage

WORDS = "Bonjour, le lampadaire de la rue des Lilas ne s'allume plus depuis mardi. " * 6
PATIENCE = 300.0  # seconds for the last event to be handled

PAPER = "document.unread"
STAGES = [stage for stage in PIPELINE if stage.reads != PAPER]
"""The way of a mail without documents: pages take their time, and lead back to the router."""

Results = dict[str, object]


class BenchRow(Base):
    """What a handler writes."""

    __tablename__ = "bench_rows"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(String(64))
    words: Mapped[str]


class _Following(Data):
    """Any event of the way; what it says does not matter here."""

    stream = ""
    intake_id: UUID


class Writing:
    """The handler of a stage."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def prepare(self, events: Sequence[Event]) -> None:
        """Nothing is read."""

    async def handle(self, event: Event, session: AsyncSession, _prepared: None) -> list[Event]:
        session.add(row(event, self._stage))
        return following(event, self._stage)


def consumers() -> list[Consumer]:
    return [
        Consumer(stage.consumer, stage.reads, Writing(stage), serial=stage.serial)
        for stage in STAGES
    ]


def row(event: Event, stage: Stage) -> BenchRow:
    return BenchRow(id=row_id(event.id, stage), consumer=stage.consumer, words=WORDS)


def row_id(event_id: UUID, stage: Stage) -> UUID:
    return derived_id(event_id, stage.consumer)


def following(event: Event, stage: Stage) -> list[Event]:
    """One event of every stream that the stage writes; none of its own, which would never end."""
    return [
        new_event(
            _NAMED[stream](intake_id=UUID(event.data["intake_id"])),
            key=UUID(event.subject),
            id=derived_id(event.id, stream),
            time=event.time,
        )
        for stream in stage.writes
        if stream not in (stage.reads, PAPER)
    ]


_NAMED = {stream: type("Named", (_Following,), {"stream": stream}) for stream in STREAMS}


def events_an_arrival() -> int:
    """How many (consumer, event) pairs one arrival leads to."""
    waiting, pairs = ["intake.received"], 0
    while waiting:
        stream = waiting.pop()
        for stage in STAGES:
            if stage.reads == stream:
                pairs += 1
                waiting += [other for other in stage.writes if other not in (stream, PAPER)]
    return pairs


def arrivals(count: int) -> list[Event]:
    now = utc_now()
    return [
        new_event(
            IntakeReceived(intake_id=intake_id, channel=ChannelName.EMAIL),
            key=intake_id,
            id=derived_id(intake_id, "received"),
            time=now,
        )
        for intake_id in (new_id() for _ in range(count))
    ]


async def make_tables(database: Database) -> None:
    """The town's, and the one that the handlers write."""
    await migrate(database)
    uuid, moment = (
        ("CHAR(32)", "TEXT")
        if database.is_sqlite
        else ("UUID", "TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL")
    )
    async with database.begin() as session:
        await session.execute(
            text(
                f"CREATE TABLE bench_rows (id {uuid} PRIMARY KEY,"
                f" consumer VARCHAR(64) NOT NULL, words TEXT NOT NULL, at {moment})"
            )
        )


async def enter(database: Database, events: Sequence[Event]) -> None:
    """Into the ledger, where every way begins."""
    for first in range(0, len(events), 500):
        async with database.begin() as session:
            await publish(session, events[first : first + 500])


async def until(database: Database, handled: int) -> None:
    """Wait for the last row.

    Raises
    ------
    TimeoutError
        When it does not come.
    """
    count = "max(rowid)" if database.is_sqlite else "count(*)"  # nothing is deleted
    deadline = time.monotonic() + PATIENCE
    while True:
        async with database.read() as session:
            if (await session.scalar(text(f"SELECT {count} FROM bench_rows")) or 0) >= handled:
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the events did not come to their end")
        await asyncio.sleep(0.05)


def compared(handled: int, seconds: Mapping[str, float]) -> Results:
    """Ours first, beside each baseline."""
    results: Results = {
        "events_per_second": {name: round(handled / took) for name, took in seconds.items()}
    }
    for baseline in seconds:
        if baseline != "guichet":
            results[f"ratio_to_{baseline}"] = round(seconds[baseline] / seconds["guichet"], 2)
    return results
