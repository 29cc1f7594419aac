"""The dispatcher's run: marks, sends, writes down.

A delivery is marked in flight, durably, before its provider is called. No more than a lane's
``connections`` are handed over and not written down at any moment, so that a kill repeats no more
than these. Answers are written down together with the marks of the next ones, and while that is
being committed further answers gather for the step after.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar
from uuid import UUID
from weakref import WeakSet

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import new_id
from core.metrics import DELIVERIES
from core.news import wait_for_news
from core.tracing import span
from core.unbroken import unbroken
from ingest.events import CampaignChanged, DeliveryChanged, Event
from notify.dispatch.answers import Answers
from notify.dispatch.backlog import POLL, Backlog
from notify.dispatch.lanes import Lane, Lanes, Limits
from notify.dispatch.records import Records
from notify.dispatch.unwanted import heed, unwanted
from notify.dispatch.watch import Watch
from notify.expiry import expire
from notify.models import DeliveryStatus
from notify.presence import leave
from notify.retries import Retries
from notify.senders.contract import Retry, Sender
from notify.settling import settle
from notify.store import Claimed, Due, Outcome

GRACE = 5.0  # seconds that sendings under way get to end when we are told to stop
GONE_AFTER = 30.0  # seconds without a sign after which a dispatcher is taken for dead
LINGER = 0.002  # seconds that answers get to gather
MOMENT = 0.005  # seconds between looks whether a provider's rate lets the next one go
FULL = 8  # times as many under way as have been answered: then a transaction is worth its while
EXPIRE_EVERY = timedelta(seconds=1)

log = structlog.get_logger()


class Dispatcher:
    """Sends what is queued, by a sender of its medium.

    Parameters
    ----------
    senders
        Of one medium the first is preferred; another one takes what it cannot.
    connections, limits
        How many deliveries may be in flight at once by a sender that ``limits`` does not name.
    grace
        Seconds that sendings under way get when :meth:`run` is cancelled; what has not ended by
        then is in doubt.
    gone_after
        Seconds after which a dispatcher that shows no sign is dead to the others. The same for
        all of one store, and well above the differences of their clocks.
    """

    _served: ClassVar[WeakSet[Database]] = WeakSet()

    def __init__(
        self,
        database: Database,
        senders: Sequence[Sender],
        clock: Clock,
        *,
        connections: int = 4,
        limits: Mapping[str, Limits] | None = None,
        retries: Retries | None = None,
        grace: float = GRACE,
        gone_after: float = GONE_AFTER,
    ) -> None:
        self._database = database
        self._lanes = Lanes(senders, limits or {}, Limits(connections=connections))
        self._answers = Answers(self._lanes, retries or Retries(), clock)
        self._backlog = Backlog(database)
        self._clock = clock
        self._grace = grace
        self._gone_after = timedelta(seconds=gone_after)
        self._news = asyncio.Event()
        self._sending: dict[UUID, asyncio.Task[None]] = {}
        self._outcomes: list[Outcome] = []
        database.after_commit(self._hear)

    async def run(self) -> None:
        """Work until cancelled.

        Raises
        ------
        RuntimeError
            When another dispatcher of this process is at work on the same SQLite store.
        """
        if self._database.is_sqlite:
            if self._database in self._served:
                raise RuntimeError("a dispatcher is at work on this store already")
            self._served.add(self._database)
        # Another one at every run: what an earlier run left in flight is nobody's.
        self._id, now = new_id(), self._clock()
        self._records = Records(self._database, self._id)
        self._expire_at = now
        watch = Watch(
            self._database,
            self._lanes,
            self._id,
            gone_after=self._gone_after,
            busy=self._busy,
            now=now,
        )
        try:
            await self._work(watch)
        finally:
            try:
                await self._stop()
            finally:
                self._served.discard(self._database)

    def wake(self) -> None:
        """Look now for what is due."""
        self._backlog.hear()
        self._news.set()

    def _hear(self, events: Sequence[Event]) -> None:
        queued = DeliveryStatus.QUEUED
        for event in events:
            if event.stream == CampaignChanged.stream or (
                event.stream == DeliveryChanged.stream and event.data["status"] == queued
            ):
                self.wake()
                return

    def _busy(self) -> set[UUID]:
        return {*self._sending, *(outcome.due.delivery.id for outcome in self._outcomes)}

    async def _work(self, watch: Watch) -> None:
        while True:
            self._news.clear()
            await self._gather()
            try:
                worked = await unbroken(self._turn(watch))
            except (SQLAlchemyError, OSError) as problem:
                log.warning("dispatch.store_away", error=repr(problem))
                watch.store_was_away(self._clock())
                await asyncio.sleep(POLL)
                continue
            if not worked:
                await wait_for_news(self._news, self._pause())

    async def _turn(self, watch: Watch) -> bool:
        """Returns whether there may be more to do at once."""
        if await watch.keep(self._clock()):
            self._backlog.hear()
        await self._expire()
        return await self._step()

    async def _gather(self) -> None:
        """A transaction of many answers costs as one of few: let some of them come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while len(self._outcomes) * FULL < len(self._sending):
                    self._news.clear()
                    await self._news.wait()

    def _pause(self) -> float:
        """Until the next look: sooner where a provider's limit lets the next one go."""
        wait = None if self._backlog.is_empty else self._lanes.wait(self._clock())
        return POLL if wait is None else min(POLL, max(wait, MOMENT))

    async def _expire(self) -> None:
        now = self._clock()
        if now >= self._expire_at:
            async with self._database.begin(patient=True) as session:
                more = await expire(session, now)
            self._expire_at = now if more else now + EXPIRE_EVERY

    async def _step(self) -> bool:
        """Write down the answers, mark the next ones and send them. Returns whether it did."""
        outcomes, self._outcomes = self._outcomes, []
        chosen: dict[UUID, tuple[Due, Lane]] = {}
        ours: Mapping[UUID, Claimed] = {}
        try:
            await self._choose(chosen)
            if not outcomes and not chosen:
                return False
            ours = await self._records.write(outcomes, chosen)
            self._tell(outcomes)
            for delivery_id, known in ours.items():
                self._begin(*chosen[delivery_id], known)
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            raise
        finally:
            for delivery_id in chosen.keys() - ours.keys():
                chosen[delivery_id][1].give_back()
        # When others had all of it and are not through yet, we would read the same again at once.
        return bool(outcomes or ours or (chosen and not self._backlog.is_empty))

    def _begin(self, due: Due, lane: Lane, known: Claimed) -> None:
        no = unwanted(due, known)
        if no is None:
            self._sending[due.delivery.id] = asyncio.create_task(self._send(due, lane))
        else:
            lane.give_back()
            status, reason = no
            self._outcomes.append(self._answers.given_up(due, reason, status))

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            DELIVERIES.labels(outcome.due.delivery.medium, outcome.status).inc()
        if any(outcome.due.is_awaited or outcome.status == "queued" for outcome in outcomes):
            self._backlog.hear()

    async def _choose(self, chosen: dict[UUID, tuple[Due, Lane]]) -> None:
        """Puts into ``chosen`` what each lane has room for, and takes that room."""
        now = self._clock()
        self._lanes.begin_step()
        for medium in self._lanes.media:
            if not self._lanes.has_room(medium, now):
                continue
            waiting = await self._backlog.of(medium, now)
            left: list[Due] = []
            while waiting:
                due = waiting.popleft()
                # One that was taken back from us while we send it is left to others, or for later.
                if due.delivery.id in self._sending or due.delivery.id in chosen:
                    continue
                lane = self._lanes.pick(due, now)
                if lane is not None:
                    lane.take()
                    self._backlog.took(due)
                    chosen[due.delivery.id] = due, lane
                    continue
                left.append(due)
                if not self._lanes.is_bound(due):
                    break
            waiting.extendleft(reversed(left))

    async def _send(self, due: Due, lane: Lane) -> None:
        sender, delivery = lane.sender, due.delivery
        try:
            try:
                with span(f"send {sender.medium}", due.traceparent, delivery=delivery.id):
                    answer = await sender.send(delivery, due.content)
            except Refused as problem:
                await heed(self._database, self._clock, due, problem)
                self._outcomes.append(self._answers.refused(due, lane, problem))
            except Retry as problem:
                self._outcomes.append(self._answers.later(due, lane, problem))
            except Exception as problem:  # the outer wall of the senders
                log.exception("sender.failed", delivery=str(delivery.id))
                self._outcomes.append(self._answers.later(due, lane, Retry(repr(problem))))
            else:
                self._outcomes.append(self._answers.sent(due, lane, answer))
        finally:
            lane.done()
            self._sending.pop(delivery.id, None)
            self._news.set()

    async def _stop(self) -> None:
        """Let what is under way end, and write down what came of it."""
        tasks = list(self._sending.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._sending.clear()  # of what was cancelled before it began, too
        await self._backlog.clear()
        outcomes, self._outcomes = self._outcomes, []
        try:
            if outcomes or not self._database.is_sqlite:
                async with self._database.begin() as session:
                    await settle(session, outcomes, self._id)
                    await leave(session, self._id)
        except (SQLAlchemyError, OSError) as problem:
            # What could not be written down is in doubt, and we are gone once not seen for long.
            log.warning("dispatch.store_away", error=repr(problem))
        finally:
            for lane in self._lanes.all:
                await lane.sender.close()
