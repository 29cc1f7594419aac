"""A consumer at work: a Faust app that takes its events from Kafka, and the lane that handles them.

The Faust agent is thin: it hands each record on and lets nothing go wrong, because an exception in
an agent restarts it and passes over the record's offset (robinhood/faust 604). A record is
acknowledged when its event's effect is in the store; what Faust drops or brings out of order
around a rebalance (faust-streaming 216, 221) is found by its position in the ledger.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from uuid import UUID

import faust
import structlog
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
from ingest.kafka.apps import Record, new_app
from ingest.kafka.brokers import AWAY, Brokers
from ingest.kafka.taken import Taken
from ingest.ledger import Entry

AHEAD = 4  # batches of records taken from Kafka before they can be handled
POLL = 0.5  # seconds between looks for what is to be tried again, or whether the store is back

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
        self._taken = Taken(AHEAD * consumer.batch)
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
            app = new_app(self.consumer, self._brokers, self._taken.put)
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
            self._taken.forget()
            await asyncio.sleep(POLL)

    async def _handle_all(self) -> None:
        while True:
            records = await self._taken.batch(self.consumer.batch)
            await self._handle(records)
            for record in records:
                record.ack()

    async def _handle(self, records: Sequence[Record]) -> None:
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
        async with self._database.glance() as session:
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
                await unbroken(self._retry(), grace=self.consumer.grace)
            except Exception as problem:  # the outer wall: a lane never dies
                self._log.warning("worker.retries_wait", error=repr(problem))
            await asyncio.sleep(POLL)

    async def _retry(self) -> None:
        async with self._database.glance() as session:
            troubled = await ledger.has_retries(session, self.consumer.name)
        if troubled:
            await self._handling.retries()


async def _overtaking(session: AsyncSession, consumer: str, entries: Sequence[Entry]) -> set[UUID]:
    looks = await ledger.look(session, consumer, [entry.event.id for entry in entries])
    return {event_id for event_id, look in looks.items() if look.overtakes}


async def _stop(app: faust.App) -> None:
    with suppress(*AWAY):
        async with asyncio.timeout(10):
            await app.stop()
