"""One consumer's events, each with its effect once: what both engines do with what they bring.

A batch is handled in one transaction, which ends early when a sender or an agent waits for the
store. When one of its events fails, what is not committed is rolled back and the events are
handled one by one, so that only the bad one is put aside (:mod:`ingest.failures`) and the others
go on.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from time import perf_counter
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.metrics import HANDLED, HANDLING
from core.tracing import span
from ingest import ledger
from ingest.consumer import Consumer
from ingest.events import Event
from ingest.failures import Failures
from ingest.ledger import Entry
from ingest.stream import publish

Behind = Callable[[AsyncSession, str, Sequence[Entry]], Awaitable[Collection[UUID]]]
"""Which of a consumer's events would overtake an earlier one of their key."""

MarkRead = Callable[[AsyncSession, str, int], Awaitable[None]]
"""Writes down how far a consumer has read, in the transaction of the effect."""

BREATH = 0.001  # seconds that handlers which only compute may hold the loop

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Handling:
    """``behind`` and ``mark_read`` are where the engines differ."""

    consumer: Consumer
    database: Database
    failures: Failures
    behind: Behind
    mark_read: MarkRead | None = None

    async def batch(self, entries: Sequence[Entry], waiting: Collection[UUID]) -> None:
        """Handle them all, or put aside those that fail; ``waiting`` are those that must wait.

        Raises what the store raises when it is away.
        """
        started = perf_counter()
        async with self._turn():
            try:
                await self._together(entries, waiting)
            except Exception as problem:  # the outer wall of the handlers
                log.warning(
                    "batch.failed",
                    consumer=self.consumer.name,
                    error=repr(problem),
                    events=len(entries),
                )
                for entry in entries:
                    await self._alone(entry)
        HANDLING.labels(self.consumer.name).observe(perf_counter() - started)

    async def retries(self) -> bool:
        """Handle what is due to be tried again. Returns whether there was any."""
        name = self.consumer.name
        due = await self.failures.take_due(self.database, name, self.consumer.batch)
        for retry in due:
            async with self._turn():
                await self._alone(retry.entry, attempts=retry.attempts, is_retry=True)
        return bool(due)

    def _turn(self) -> AbstractAsyncContextManager[None]:
        """Of a consumer that must see what the batch before has written, one works at a time."""
        return self.database.turn(self.consumer.name) if self.consumer.serial else nullcontext()

    async def _together(self, entries: Sequence[Entry], waiting: Collection[UUID]) -> None:
        """The common case: all of a batch in one transaction, or in as many as who waits for the
        store makes of it."""
        ready = [entry.event for entry in entries if entry.event.id not in waiting]
        prepared = await self.consumer.handler.prepare(ready) if ready else None
        rest = list(entries)
        while rest:
            async with self.database.begin(patient=True) as session:
                # When somebody waits already it ends after the first: no more are claimed then.
                bite = rest[:1] if self.database.is_wanted else rest
                done = await self._until_wanted(session, bite, waiting, prepared)
                await self._mark_read(session, max(entry.seq for entry in rest[:done]))
            del rest[:done]

    async def _until_wanted(
        self,
        session: AsyncSession,
        entries: Sequence[Entry],
        waiting: Collection[UUID],
        prepared: object,
    ) -> int:
        """Handle the first of them, all unless the store is wanted; returns how many."""
        name = self.consumer.name
        # Claimed before it is done: another worker that has the same event waits for our commit.
        ready = [entry.event.id for entry in entries if entry.event.id not in waiting]
        ours = await ledger.claim(session, name, ready) if ready else set()
        following: list[Event] = []
        done, breath = 0, perf_counter()
        for entry in entries:
            if entry.event.id in waiting:
                await self.failures.wait_behind(session, name, entry)
            elif entry.event.id in ours:
                following += await self._handled(session, entry.event, prepared)
            done += 1
            if perf_counter() - breath > BREATH:
                await asyncio.sleep(0)
                breath = perf_counter()
            if self.database.is_wanted:
                break
        left = [entry.event.id for entry in entries[done:] if entry.event.id in ours]
        if left:
            await ledger.let_go(session, name, left)
        await session.flush()
        await publish(session, following)
        HANDLED.labels(name).inc(len(ours) - len(left))
        return done

    async def _alone(self, entry: Entry, *, attempts: int = 0, is_retry: bool = False) -> None:
        """One event in a transaction of its own; its failure is written down in another.

        A retry moves no cursor: it may be of an event that a replay has yet to reach.
        """
        name, event = self.consumer.name, entry.event
        try:
            async with self.database.read() as session:
                waits = bool(await self.behind(session, name, [entry]))
            prepared = None if waits else await self.consumer.handler.prepare([event])
            async with self.database.begin(patient=True) as session:
                behind = {event.id} if waits else ()
                await self._until_wanted(session, [entry], behind, prepared)
                if not waits:
                    await self.failures.forget(session, name, event)
                if not is_retry:
                    await self._mark_read(session, entry.seq)
        except Exception as problem:  # the outer wall of the handlers
            async with self.database.begin(patient=True) as session:
                await self.failures.record(session, name, entry, attempts + 1, problem)
                if not is_retry:
                    await self._mark_read(session, entry.seq)

    async def _handled(
        self, session: AsyncSession, event: Event, prepared: object
    ) -> Sequence[Event]:
        name = self.consumer.name
        with span(
            f"handle {name}",
            event.traceparent,
            event=event.id,
            stream=event.stream,
            consumer=name,
        ):
            return await self.consumer.handler.handle(event, session, prepared)

    async def _mark_read(self, session: AsyncSession, seq: int) -> None:
        if self.mark_read is not None:
            await self.mark_read(session, self.consumer.name, seq)
