"""The embedded engine: the ledger is the log, each consumer has a cursor on it.

A batch is handled in one transaction, cursor included: one fsync for many events. When an event of
a batch fails, the batch is rolled back and its events are handled one by one, so that only the bad
one is put aside (:mod:`ingest.failures`) and the lane goes on.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from time import perf_counter
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.metrics import HANDLED, HANDLING, LAG
from core.unbroken import unbroken
from ingest import ledger
from ingest.consumer import Consumer
from ingest.events import Event
from ingest.failures import Failures
from ingest.models import CursorRow, StreamRow
from ingest.stream import publish
from ingest.tails import Tails

BATCH = 64  # events handled in one transaction
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
        self._failures = failures
        self._tails = Tails()
        self._lanes = [_Lane(consumer, database, failures, rushed) for consumer in consumers]
        database.after_commit(self._published)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as lanes:
            for lane in self._lanes:
                lanes.create_task(lane.run(), name=f"lane {lane.consumer.name}")

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
        self._news = asyncio.Event()

    def wake(self) -> None:
        self._news.set()

    async def run(self) -> None:
        while True:
            await self._give_way()
            self._news.clear()
            try:
                worked = await unbroken(self.step())
            except Exception:  # the outer wall: a lane never dies
                log.exception("lane.failed", consumer=self.consumer.name)
                await asyncio.sleep(POLL)
                continue
            if not worked:
                # Not wait_for: before Python 3.12 it may lose a cancellation (bpo-37658).
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL):
                        await self._news.wait()

    async def _give_way(self) -> None:
        waited = 0.0
        while self._rushed() and waited < LONGEST_WAY:
            await asyncio.sleep(LOOK)
            waited += LOOK

    async def step(self) -> bool:
        """Handle what is due, retries first. Returns whether there may be more."""
        name = self.consumer.name
        async with self._database.read() as session:
            rows = await ledger.unread(session, name, self.consumer.stream, BATCH)
            retries = await ledger.has_retries(session, name)
            due = await self._failures.due(session, name, BATCH) if retries else []
            waiting = await self._failures.waiting_keys(session, name) if retries else set()
        for retry in due:
            await self._alone(retry.event, retry.seq, attempts=retry.attempts, read=False)
        if rows:
            await self._batch(rows, waiting)
        return len(rows) == BATCH or bool(due)

    async def _batch(self, rows: Sequence[tuple[int, str]], waiting: Collection[str]) -> None:
        """``waiting`` are the keys of which an earlier event is still to be tried again."""
        name = self.consumer.name
        events = [Event.model_validate_json(event) for _, event in rows]
        seqs = {event.id: seq for event, (seq, _) in zip(events, rows, strict=True)}
        behind = [event for event in events if event.subject in waiting]
        ready = [event for event in events if event.subject not in waiting]
        started = perf_counter()
        try:
            await self._together(ready, behind, seqs)
        except Exception as problem:  # the outer wall of the handlers
            log.warning("batch.failed", consumer=name, error=repr(problem), events=len(events))
            for event in events:
                await self._alone(event, seqs[event.id], attempts=0, read=True)
        HANDLING.labels(name).observe(perf_counter() - started)

    async def _together(
        self, ready: Sequence[Event], behind: Sequence[Event], seqs: dict[UUID, int]
    ) -> None:
        """The common case: all of a batch in one transaction."""
        prepared = await self.consumer.handler.prepare(ready)
        async with self._database.begin() as session:
            for event in behind:
                await self._failures.wait_behind(session, self.consumer.name, event, seqs[event.id])
            await self._effect(session, ready, prepared)
            await ledger.move_cursor(session, self.consumer.name, max(seqs.values()))

    async def _alone(self, event: Event, seq: int, *, attempts: int, read: bool) -> None:
        """One event in a transaction of its own; its failure is written down in another.

        ``read`` says that it comes from the ledger now, so that the cursor moves to it: a retry
        may be of an event that a replay has yet to reach.
        """
        name = self.consumer.name
        try:
            if await self._waits_behind(event, seq, read=read):
                return
            prepared = await self.consumer.handler.prepare([event])
            async with self._database.begin() as session:
                await self._effect(session, [event], prepared)
                await self._failures.forget(session, name, event)
                await self._read_until(session, seq, read=read)
        except Exception as problem:  # the outer wall of the handlers
            async with self._database.begin() as session:
                await self._failures.record(session, name, event, seq, attempts + 1, problem)
                await self._read_until(session, seq, read=read)

    async def _waits_behind(self, event: Event, seq: int, *, read: bool) -> bool:
        async with self._database.begin() as session:
            waits = await self._failures.must_wait(session, self.consumer.name, event, seq)
            if waits:
                await self._failures.wait_behind(session, self.consumer.name, event, seq)
                await self._read_until(session, seq, read=read)
            return waits

    async def _read_until(self, session: AsyncSession, seq: int, *, read: bool) -> None:
        if read:
            await ledger.move_cursor(session, self.consumer.name, seq)

    async def _effect(
        self, session: AsyncSession, events: Sequence[Event], prepared: object
    ) -> None:
        if not events:
            return
        name = self.consumer.name
        done = await ledger.settled(session, name, [event.id for event in events])
        following: list[Event] = []
        fresh = [event for event in events if event.id not in done]
        for event in fresh:
            following += await self.consumer.handler.handle(event, session, prepared)
        await session.flush()
        await ledger.mark_processed(session, name, [event.id for event in fresh])
        await publish(session, following)
        HANDLED.labels(name).inc(len(fresh))


async def measure_lag(database: Database, consumers: Sequence[Consumer]) -> None:
    """Set the lag metric of every consumer, in events."""
    async with database.read() as session:
        cursors = dict((await session.execute(select(CursorRow.consumer, CursorRow.seq))).all())
        for consumer in consumers:
            query = select(func.count()).where(
                StreamRow.stream == consumer.stream,
                StreamRow.seq > cursors.get(consumer.name, 0),
            )
            LAG.labels(consumer.name).set(await session.scalar(query) or 0)


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
