"""The engine of a process: what it works on, what it publishes, what it follows."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import timedelta

import structlog

from core.clock import Clock
from core.database import Database
from core.errors import Later
from ingest.consumer import Consumer
from ingest.events import Event
from ingest.failures import Failures
from ingest.kafka.brokers import Brokers
from ingest.kafka.following import follow
from ingest.kafka.reconciler import AGE, Reconciler
from ingest.kafka.relay import Relay
from ingest.kafka.topics import TopicSettings, create_topics
from ingest.kafka.workers import Worker

LOOK = 30.0  # seconds between looks whether the topics are there
AGAIN = 1.0  # seconds until the next try when Kafka is away

log = structlog.get_logger()


class KafkaEngine:
    """Every process publishes what it writes; ``work_on`` names the consumers that it runs.

    Parameters
    ----------
    consumers
        All of the pipeline, as an event is settled when each of them has handled it.
    streams
        All that have a topic.
    age
        Since an event was published, before the reconciler looks for it.
    """

    def __init__(
        self,
        database: Database,
        consumers: Sequence[Consumer],
        failures: Failures,
        brokers: Brokers,
        clock: Clock,
        *,
        streams: Collection[str],
        topics: TopicSettings,
        work_on: Collection[str],
        age: timedelta = AGE,
    ) -> None:
        self._brokers = brokers
        self._streams = streams
        self._topics = topics
        self._topics_there = asyncio.Event()
        self._relay = Relay(database, brokers, clock)
        self._workers = [
            Worker(consumer, database, failures, brokers)
            for consumer in consumers
            if consumer.name in work_on
        ]
        self._reconciler = Reconciler(database, consumers, brokers, clock, age=age)

    async def run(self) -> None:
        await self._create_topics()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_topics(), name="topics")
            tasks.create_task(self._relay.run(), name="relay")
            for worker in self._workers:
                tasks.create_task(worker.run(), name=f"worker {worker.consumer.name}")
            if self._workers:
                tasks.create_task(self._reconciler.run(), name="reconciler")

    async def is_ready(self) -> bool:
        """A process that only writes needs the store alone."""
        if not self._workers:
            return True
        return all(worker.is_taking for worker in self._workers) and await self._brokers.answer()

    async def measure(self) -> None:
        await self._reconciler.measure()

    async def tail(self, stream: str) -> AsyncIterator[Sequence[Event]]:
        await self._topics_there.wait()
        async for events in follow(self._brokers, stream):
            yield events

    async def _keep_topics(self) -> None:
        """A cluster that has lost its data has lost them, too."""
        while True:
            await asyncio.sleep(LOOK)
            await self._create_topics()

    async def _create_topics(self) -> None:
        """The town receives without Kafka, so that its absence stops nothing but this."""
        while True:
            try:
                await create_topics(self._brokers, self._streams, self._topics)
            except Later as problem:
                log.warning("engine.kafka_away", error=problem.reason)
                await asyncio.sleep(AGAIN)
            else:
                self._topics_there.set()
                return
