"""The embedded engine: the ledger is the log, each consumer has a cursor on it.

A batch is handled in one transaction (:mod:`ingest.handling`), cursor included: one fsync for many
events.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from core.clock import utc_now
from core.database import Database
from core.metrics import LAG, OLDEST
from core.news import wait_for_news
from core.unbroken import unbroken
from ingest import ledger
from ingest.consumer import Consumer
from ingest.events import Event
from ingest.failures import Failures
from ingest.handling import Handling
from ingest.models import CursorRow, StreamRow
from ingest.tails import Tails

POLL = 1.0  # seconds between looks for what another process wrote

LONGEST_WAY = 2.0  # seconds that a lane gives way before it handles one batch all the same
LOOK = 0.05  # seconds between looks whether the rush is over

log = structlog.get_logger()


class EmbeddedEngine:
    """Runs every consumer of the pipeline in this process, each in a lane of its own.

    While ``rushed()`` is true the lanes give way to who arrives: they share processor and disk
    with acceptance, and a mail that is accepted may wait where a sender may not.
    """

    def __init__(
        self,
        database: Database,
        consumers: Sequence[Consumer],
        failures: Failures,
        rushed: Callable[[], bool] = lambda: False,
    ) -> None:
        self._database = database
        self._tails = Tails()
        self._lanes = [_Lane(consumer, database, failures, rushed) for consumer in consumers]
        database.after_commit(self._published)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(lane.run(), name=f"lane {lane.consumer.name}")

    async def is_ready(self) -> bool:
        return True

    async def measure(self) -> None:
        now = utc_now()
        async with self._database.read() as session:
            cursors = dict((await session.execute(select(CursorRow.consumer, CursorRow.seq))).all())
            for lane in self._lanes:
                consumer = lane.consumer
                unread = (
                    StreamRow.stream == consumer.stream,
                    StreamRow.seq > cursors.get(consumer.name, 0),
                )
                count = await session.scalar(select(func.count()).where(*unread)) or 0
                first = select(StreamRow.event).where(*unread).order_by(StreamRow.seq).limit(1)
                oldest = await session.scalar(first) if count else None
                LAG.labels(consumer.name).set(count)
                OLDEST.labels(consumer.name).set(ledger.age(oldest, now) if oldest else 0)

    def tail(self, stream: str) -> AsyncIterator[Sequence[Event]]:
        return self._tails.follow(stream)

    def _published(self, events: Sequence[Event]) -> None:
        streams = {event.stream for event in events}
        for lane in self._lanes:
            if lane.consumer.stream in streams:
                lane.wake()
        self._tails.tell(events)


class _Lane:
    def __init__(
        self,
        consumer: Consumer,
        database: Database,
        failures: Failures,
        rushed: Callable[[], bool],
    ) -> None:
        self.consumer = consumer
        self._rushed = rushed
        self._database = database
        self._failures = failures
        self._handling = Handling(consumer, database, failures, failures.behind, ledger.move_cursor)
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._give_way()
            self._news.clear()
            try:
                worked = await unbroken(self.step(), grace=self.consumer.grace)
            except Exception:  # the outer wall: a lane never dies
                log.exception("lane.failed", consumer=self.consumer.name)
                await asyncio.sleep(POLL)
                continue
            if not worked:
                await wait_for_news(self._news, POLL)

    async def _give_way(self) -> None:
        waited = 0.0
        while self._rushed() and waited < LONGEST_WAY:
            await asyncio.sleep(LOOK)
            waited += LOOK

    async def step(self) -> bool:
        """Handle what is due, retries first. Returns whether there may be more."""
        name, most = self.consumer.name, self.consumer.batch
        retried, waiting = False, frozenset[UUID]()
        async with self._database.glance() as session:
            stream = self.consumer.stream
            entries, has_retries = await ledger.unread(session, name, stream, most)
        if has_retries:
            retried = await self._handling.retries()
            async with self._database.read() as session:
                waiting = frozenset(await self._failures.behind(session, name, entries))
        if entries:
            await self._handling.batch(entries, waiting)
        return len(entries) == most or retried


async def rewind(database: Database, consumers: Sequence[Consumer], *, seq: int = 0) -> None:
    """Let the consumers read the ledger again from ``seq``: what was processed stays as it is.

    A cursor only ever goes back: what a consumer has not read yet is not passed over.
    """
    async with database.begin() as session:
        await session.execute(
            update(CursorRow)
            .where(
                CursorRow.consumer.in_([consumer.name for consumer in consumers]),
                CursorRow.seq > seq,
            )
            .values(seq=seq)
        )
