"""A consumer at work: a Faust app that takes its events from Kafka, and the lane that handles them.

The Faust agent is thin: it hands each record on and lets nothing go wrong, because an exception in
an agent restarts it and passes over the record's offset (robinhood/faust 604). A record is
acknowledged when its event's effect is in the store; what Faust drops or brings out of order
around a rebalance (faust-streaming 216, 221) is found by its position in the ledger.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import faust
import structlog
from faust.types import EventT
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from core.metrics import FOREIGN
from core.unbroken import unbroken
from ingest import ledger
from ingest.consumer import Consumer
from ingest.events import Event
from ingest.failures import Failures
from ingest.handling import Handling
from ingest.kafka.brokers import AWAY, Brokers
from ingest.ledger import Entry

AHEAD = 4  # batches of records taken from Kafka before they can be handled
POLL = 0.5  # seconds between looks for what is to be tried again, or whether the store is back
LINGER = 0.05  # seconds for a batch to fill: a transaction of many events costs as one of few
COMMIT = 1.0  # seconds between commits of offsets
GONE_AFTER = 10.0  # seconds without a sign after which others get the partitions of a worker

log = structlog.get_logger()


class Worker:
    """One consumer of this process. Others of the same consumer share its partitions."""

    def __init__(
        self, consumer: Consumer, database: Database, failures: Failures, brokers: Brokers
    ) -> None:
        self.consumer = consumer
        self._database = database
        self._brokers = brokers
        self._handling = Handling(consumer, database, failures, _overtaking)
        self._taken: asyncio.Queue[EventT[bytes]] = asyncio.Queue(AHEAD * consumer.batch)
        self._log = log.bind(consumer=consumer.name)
        self.is_taking = False

    async def run(self) -> None:
        """Work until cancelled; what is under way then ends first."""
        async with asyncio.TaskGroup() as tasks:
            taking = tasks.create_task(self._take_all())
            retrying = tasks.create_task(self._retry_all())
            try:
                await self._handle_all()
            finally:
                taking.cancel()
                retrying.cancel()

    async def _take_all(self) -> None:
        """Keep a Faust app running: one that has crashed, or lost Kafka, is followed by another."""
        while True:
            app = self._app()
            try:
                await app.start()
                self.is_taking = True
                await app.wait_until_stopped()
                self._log.warning("worker.app_ended", crashed=repr(app.crash_reason))
            except Exception as problem:  # the outer wall: another app may have more luck
                self._log.warning("worker.kafka_away", error=repr(problem))
            finally:
                self.is_taking = False
                await asyncio.shield(_stop(app))
            self._forget_taken()
            await asyncio.sleep(POLL)

    def _app(self) -> faust.App:
        app = _App(
            self._brokers.group(self.consumer.name),
            loop=asyncio.get_running_loop(),
            autodiscover=False,
            web_enabled=False,
            store="memory://",
            topic_allow_declare=False,
            topic_disable_leader=True,
            consumer_auto_offset_reset="earliest",
            broker_commit_interval=COMMIT,
            broker_session_timeout=GONE_AFTER,
            stream_wait_empty=False,  # the store may be away for longer than a rebalance may take
            **self._brokers.faust(),
        )
        topic = app.topic(
            self._brokers.topic(self.consumer.stream),
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )

        async def take(records: Any) -> None:
            async for record in records.noack().events():
                await self._taken.put(record)

        app.agent(topic, name=self.consumer.name)(take)
        return app

    def _forget_taken(self) -> None:
        """What an app that is gone has taken comes again from its committed offsets."""
        while not self._taken.empty():
            self._taken.get_nowait()

    async def _handle_all(self) -> None:
        while True:
            records = await self._gather()
            await self._handle(records)
            for record in records:
                record.ack()

    async def _gather(self) -> list[EventT[bytes]]:
        """A batch: whoever hands over records one by one is waited for a little."""
        records = [await self._taken.get()]
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER):
                while len(records) < self.consumer.batch:
                    records.append(await self._taken.get())
        return records

    async def _handle(self, records: Sequence[EventT[bytes]]) -> None:
        """Return when the effect of all is in the store, however long that is away."""
        events = {event.id: event for record in records if (event := self._read(record.value))}
        while events:
            try:
                await unbroken(self._handle_once(events), grace=self.consumer.grace)
                return
            except Exception as problem:  # the outer wall: a lane never dies
                if not isinstance(problem, SQLAlchemyError | OSError):
                    self._log.exception("worker.failed")
                self._log.warning("worker.store_away", error=repr(problem))
                await asyncio.sleep(POLL)

    async def _handle_once(self, events: Mapping[UUID, Event]) -> None:
        async with self._database.read() as session:
            looks = await ledger.look(session, self.consumer.name, events.keys())
        strangers = len(events) - len(looks)
        if strangers:
            FOREIGN.labels(self.consumer.name).inc(strangers)
            self._log.error("worker.not_in_ledger", events=strangers)
        # What is in retries already is tried again when it is due, and not because it comes again.
        aside = {events[event_id].subject for event_id, look in looks.items() if look.put_aside}
        entries = [
            Entry(look.seq, events[event_id])
            for event_id, look in looks.items()
            if not look.put_aside
        ]
        waiting = {
            entry.event.id
            for entry in entries
            if looks[entry.event.id].overtakes or entry.event.subject in aside
        }
        if entries:
            await self._handling.batch(entries, waiting)

    def _read(self, record: bytes) -> Event | None:
        """None for what is no event: nothing of ours is lost by it, as the ledger has it all."""
        try:
            return Event.model_validate_json(record)
        except ValidationError as problem:
            FOREIGN.labels(self.consumer.name).inc()
            self._log.error("worker.no_event", error=str(problem))
            return None

    async def _retry_all(self) -> None:
        while True:
            try:
                await unbroken(self._handling.retries(), grace=self.consumer.grace)
            except Exception as problem:  # the outer wall: a lane never dies
                self._log.warning("worker.retries_wait", error=repr(problem))
            await asyncio.sleep(POLL)


class _App(faust.App):
    def _create_directories(self) -> None:
        """For tables, of which there are none: nothing is written where the process stands."""


async def _overtaking(session: AsyncSession, consumer: str, entries: Sequence[Entry]) -> set[UUID]:
    looks = await ledger.look(session, consumer, [entry.event.id for entry in entries])
    return {event_id for event_id, look in looks.items() if look.overtakes}


async def _stop(app: faust.App) -> None:
    with suppress(*AWAY):
        async with asyncio.timeout(10):
            await app.stop()
