"""The dispatcher: from what is queued to the providers, and back with their answers.

A delivery is marked in flight, durably, before its provider is called. No more than
``connections`` are in flight at any moment, so that a kill leaves no more than these in doubt.
Answers are written down together with the marks of the next ones: one transaction for both, and
while it is being committed further answers gather for the one after.

On PostgreSQL several dispatchers may work on one store. Each shows itself there, and what one that
is no longer seen left in flight is taken back by the others. SQLite's is alone on its store.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID
from weakref import WeakSet

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import derived_id, new_id
from core.metrics import DELIVERIES, IN_DOUBT
from core.news import wait_for_news
from core.tracing import span
from core.unbroken import unbroken
from ingest.events import CampaignChanged, DeliveryChanged, Event
from notify.models import DeliveryStatus, Medium
from notify.optouts import record_wish, stopped
from notify.retries import Pause, Retries
from notify.senders.contract import ProviderId, Retry, Sender, Unreachable, Unwanted
from notify.store import Due, Outcome, claim, leave, read_due, settle, show, take_back

POLL = 1.0  # seconds between looks for what became due
AHEAD = 100  # deliveries read at once
GRACE = 5.0  # seconds that sendings under way get to end when we are told to stop
GONE_AFTER = 30.0  # seconds without a sign after which a dispatcher is taken for dead
SEEN_EVERY = 1 / 6  # of that time, between signs: 5 s
LOOK_EVERY = 1 / 3  # of that time, between looks for what the dead left: 10 s
CAN_BE_STOPPED = frozenset({Medium.SMS})
STOPPED = "the recipient wants no more SMS (STOP)"

log = structlog.get_logger()


class Dispatcher:
    """Sends what is queued, by the sender of its medium.

    Parameters
    ----------
    connections
        How many deliveries may be in flight at once.
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
        retries: Retries | None = None,
        grace: float = GRACE,
        gone_after: float = GONE_AFTER,
    ) -> None:
        self._database = database
        self._senders = {sender.medium: sender for sender in senders}
        self._clock = clock
        self._connections = connections
        self._retries = retries or Retries()
        self._grace = grace
        self._gone_after = timedelta(seconds=gone_after)
        self._alone = database.is_sqlite
        self._pauses = {medium: Pause() for medium in self._senders}
        self._news = asyncio.Event()
        self._backlog: deque[Due] = deque()
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
        if self._alone:
            if self._database in self._served:
                raise RuntimeError("a dispatcher is at work on this store already")
            self._served.add(self._database)
        # Another one at every run: what an earlier run left in flight is nobody's.
        self._id = new_id()
        self._show_at = self._look_at = self._clock()
        try:
            await self._work()
        finally:
            try:
                await self._stop()
            finally:
                self._served.discard(self._database)

    def wake(self) -> None:
        """Look now for what is due."""
        self._news.set()

    def _hear(self, events: Sequence[Event]) -> None:
        queued = DeliveryStatus.QUEUED
        for event in events:
            if event.stream == CampaignChanged.stream or (
                event.stream == DeliveryChanged.stream and event.data["status"] == queued
            ):
                self.wake()
                return

    async def _work(self) -> None:
        while True:
            self._news.clear()
            try:
                await unbroken(self._keep_watch())
                worked = await unbroken(self._step())
            except (SQLAlchemyError, OSError) as problem:
                log.warning("dispatch.store_away", error=repr(problem))
                self._show_at = self._clock()
                self._wait_for_others(self._show_at)
                await asyncio.sleep(POLL)
                continue
            if not worked:
                await wait_for_news(self._news, POLL)

    async def _keep_watch(self) -> None:
        """Show that we are at work; now and then, take back what those left who are not.

        In this order and before every step, so that nothing is claimed by one who is not seen.
        """
        now = self._clock()
        if now >= self._show_at and not self._alone:
            if now - self._show_at > self._gone_after / 2:
                self._wait_for_others(now)  # the store stood still, or this machine
            async with self._database.begin() as session:
                await show(session, self._id, now)
            self._show_at = now + self._gone_after * SEEN_EVERY
        if now >= self._look_at:
            await self._take_back(now)
            self._look_at = now + self._gone_after * LOOK_EVERY

    def _wait_for_others(self, now: datetime) -> None:
        """While we could not show ourselves perhaps nobody could: give them time to do so."""
        self._look_at = now if self._alone else now + self._gone_after

    async def _take_back(self, now: datetime) -> None:
        busy = {*self._sending, *(outcome.due.delivery.id for outcome in self._outcomes)}
        async with self._database.begin() as session:
            count = await take_back(
                session,
                self._senders.keys(),
                now,
                by=self._id,
                busy=busy,
                seen_since=now - self._gone_after,
            )
        if count:
            IN_DOUBT.inc(count)
            log.warning("dispatch.in_doubt", deliveries=count)

    async def _step(self) -> bool:
        """Write down the answers, mark the next ones and send them. Returns whether it did."""
        outcomes, self._outcomes = self._outcomes, []
        try:
            free = self._connections - len(self._sending)
            chosen = await self._choose(free)
            if not outcomes and not chosen:
                return False
            async with self._database.begin(patient=True) as session:
                await settle(session, outcomes, self._id)
                ours = await claim(session, list(chosen.values()), self._id) if chosen else set()
                unwanted = await self._unwanted(session, [chosen[one] for one in ours])
        except BaseException:
            self._outcomes = outcomes + self._outcomes
            raise
        for outcome in outcomes:
            DELIVERIES.labels(outcome.due.delivery.medium, outcome.status).inc()
        for delivery_id in ours - unwanted:
            self._sending[delivery_id] = asyncio.create_task(self._send(chosen[delivery_id]))
        for delivery_id in unwanted:
            self._outcomes.append(self._failed(chosen[delivery_id], STOPPED, in_doubt=False))
        # When others had all of it and are not through yet, we would read the same again at once.
        return bool(outcomes or ours or self._backlog)

    async def _unwanted(self, session: AsyncSession, dues: Sequence[Due]) -> set[UUID]:
        """Those to whom nothing may be sent: asked in the very transaction that marks them."""
        unwanted = set()
        for medium in {due.delivery.medium for due in dues} & CAN_BE_STOPPED:
            asked = {due.delivery.recipient for due in dues if due.delivery.medium == medium}
            no = await stopped(session, medium, asked)
            unwanted |= {due.delivery.id for due in dues if due.delivery.recipient in no}
        return unwanted

    async def _choose(self, free: int) -> dict[UUID, Due]:
        if free <= 0:
            return {}
        now = self._clock()
        awake = [medium for medium, pause in self._pauses.items() if not pause.lasts(now)]
        if not self._backlog and awake:
            async with self._database.read() as session:
                self._backlog.extend(await read_due(session, awake, now, AHEAD))
        chosen: dict[UUID, Due] = {}
        while self._backlog and len(chosen) < free:
            due = self._backlog.popleft()
            # One that was taken back from us while we send it is left to others, or for later.
            if due.delivery.medium in awake and due.delivery.id not in self._sending:
                chosen[due.delivery.id] = due
        return chosen

    async def _send(self, due: Due) -> None:
        sender = self._senders[due.delivery.medium]
        try:
            try:
                with span(f"send {sender.medium}", due.traceparent, delivery=due.delivery.id):
                    answer = await sender.send(due.delivery, due.content)
            except Refused as problem:
                self._pauses[due.delivery.medium].over()
                if isinstance(problem, Unwanted):
                    await self._stop_for_good(due, problem.reason)
                self._outcomes.append(self._failed(due, problem.reason, in_doubt=False))
            except Retry as problem:
                self._outcomes.append(self._again(due, problem))
            except Exception as problem:  # the outer wall of the senders
                log.exception("sender.failed", delivery=str(due.delivery.id))
                self._outcomes.append(self._again(due, Retry(repr(problem))))
            else:
                self._outcomes.append(self._sent(due, answer))
        finally:
            self._sending.pop(due.delivery.id, None)
            self.wake()

    async def _stop_for_good(self, due: Due, reason: str) -> None:
        """The provider heard the recipient's no before we did."""
        try:
            async with self._database.begin() as session:
                await record_wish(
                    session,
                    self._clock,
                    id=derived_id(due.delivery.id, "unwanted"),
                    address=due.delivery.recipient,
                    medium=due.delivery.medium,
                    allowed=False,
                    source=reason,
                )
        except (SQLAlchemyError, OSError) as problem:  # the next sending will hear it again
            log.warning("dispatch.store_away", error=repr(problem))

    def _sent(self, due: Due, answer: ProviderId) -> Outcome:
        now = self._clock()
        self._pauses[due.delivery.medium].over()
        return Outcome(due, DeliveryStatus.SENT, now, now, provider_id=answer)

    def _failed(self, due: Due, reason: str, *, in_doubt: bool) -> Outcome:
        now = self._clock()
        log.warning("delivery.failed", delivery=str(due.delivery.id), reason=reason)
        return Outcome(due, DeliveryStatus.FAILED, now, now, error=reason, in_doubt=in_doubt)

    def _again(self, due: Due, problem: Retry) -> Outcome:
        now = self._clock()
        delivery, pause = due.delivery, self._pauses[due.delivery.medium]
        next_try = self._retries.next_try(
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            now=now,
            wish=problem.retry_after,
        )
        if isinstance(problem, Unreachable):
            pause.begin(now)
        else:
            pause.over()
        if next_try is None:
            tried = f"given up after attempt {delivery.attempts}: {problem.reason}"
            return self._failed(due, tried, in_doubt=problem.in_doubt)
        if pause.until is not None:
            # It is not this delivery's fault: it goes first when the provider is back.
            next_try = pause.until
        return Outcome(
            due,
            DeliveryStatus.QUEUED,
            now,
            next_try,
            error=problem.reason,
            in_doubt=problem.in_doubt,
        )

    async def _stop(self) -> None:
        """Let what is under way end, and write down what came of it."""
        tasks = list(self._sending.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=self._grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._sending.clear()  # of what was cancelled before it began, too
        self._backlog.clear()
        outcomes, self._outcomes = self._outcomes, []
        try:
            if outcomes or not self._alone:
                async with self._database.begin() as session:
                    await settle(session, outcomes, self._id)
                    await leave(session, self._id)
        except (SQLAlchemyError, OSError) as problem:
            # What could not be written down is in doubt, and we are gone once not seen for long.
            log.warning("dispatch.store_away", error=repr(problem))
        finally:
            for sender in self._senders.values():
                await sender.close()
