"""A town's stream on a real Kafka: engines to run on it, and what a test does to it by hand."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock, utc_now
from core.database import Database
from core.ids import new_id
from ingest import ChannelName, Consumer
from ingest.events import Event, IntakeReceived, new_event
from ingest.failures import BackOff, Failures
from ingest.kafka import Brokers, KafkaEngine, TopicSettings
from ingest.kafka.reconciler import AGE
from ingest.models import OutboxRow
from ingest.stream import publish
from tests.ingest.witness import LONGEST, until
from tests.kafka.committed import committed
from tests.kafka.needs import LEFT_OUT, may_be_left_out

STREAM = "intake.received"
STREAMS = (STREAM, "message.normalized")
NEVER = timedelta(days=1)  # the reconciler then brings nothing home, only lets go
AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Stand:
    """The store and the broker of one test."""

    database: Database
    brokers: Brokers
    clock: Clock = utc_now
    back_off: BackOff = field(default_factory=lambda: BackOff(first=0.05, attempts=3))
    partitions: int = 3

    def engine(
        self,
        *consumers: Consumer,
        database: Database | None = None,
        age: timedelta = AGE,
        work: bool = True,
    ) -> KafkaEngine:
        """``database``: a process has its own connections, and hears of what it commits alone."""
        return KafkaEngine(
            database or self.database,
            consumers,
            Failures(self.clock, self.back_off),
            self.brokers,
            utc_now,
            streams=STREAMS,
            topics=TopicSettings(self.partitions, replication=1, retention_hours=1),
            work_on=[consumer.name for consumer in consumers] if work else [],
            age=age,
        )

    @asynccontextmanager
    async def running(
        self, *consumers: Consumer, age: timedelta = AGE, work: bool = True
    ) -> AsyncIterator[KafkaEngine]:
        """An engine as of a process of its own."""
        database = Database(self.database.url)
        engine = self.engine(*consumers, database=database, age=age, work=work)
        task = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            task.cancel()
            (end,) = await asyncio.gather(task, return_exceptions=True)
            await database.close()
        assert isinstance(end, asyncio.CancelledError), end

    async def write(self, count: int, *, keys: int = 1) -> list[Event]:
        """Enter events in the ledger, their keys in turn."""
        subjects = [new_id() for _ in range(keys)]
        events = [event(subjects[number % keys]) for number in range(count)]
        async with self.database.begin() as session:
            await publish(session, events)
        return events

    async def topic_there(self) -> None:
        async with asyncio.timeout(LONGEST), self.admin() as admin:
            while True:
                if self.topic in await admin.list_topics():
                    return
                await asyncio.sleep(0.05)

    async def published(self) -> None:
        async def none_waits(session: AsyncSession) -> bool:
            waiting = select(func.count()).where(OutboxRow.published_at.is_(None))
            return await session.scalar(waiting) == 0

        await until(self.database, none_waits)

    async def let_go(self) -> None:
        """Wait until every consumer has handled every event."""

        async def nothing_left(session: AsyncSession) -> bool:
            return await session.scalar(select(func.count()).select_from(OutboxRow)) == 0

        await until(self.database, nothing_left)

    async def read_to_the_end(self, consumer: str) -> None:
        """Wait until the consumer's group has committed all that the topic has."""
        needs_offsets()
        async with asyncio.timeout(LONGEST), self.admin() as admin:
            while True:
                ends = {place: end for place, end in (await self.ends()).items() if end}
                offsets = await committed(admin, self.brokers.group(consumer))
                if {place: offset for place, offset in offsets.items() if offset} == ends:
                    return
                await asyncio.sleep(0.1)

    async def ends(self) -> Mapping[TopicPartition, int]:
        needs_offsets()
        async with self.reader() as reader:
            ends: Mapping[TopicPartition, int] = await reader.end_offsets(self.places)
            return ends

    async def pass_over(self, consumer: str) -> None:
        """Have the consumer's group, which nobody is in, commit that it has read everything."""
        client = AIOKafkaConsumer(
            group_id=self.brokers.group(consumer),
            enable_auto_commit=False,
            **self.brokers.client(),
        )
        async with client:
            client.assign(self.places)
            await client.commit(dict(await self.ends()))

    async def records(self, count: int) -> list[ConsumerRecord[bytes, bytes]]:
        """The first ones of the topic, partition by partition in order."""
        async with asyncio.timeout(LONGEST), self.reader() as reader:
            reader.assign(self.places)
            await reader.seek_to_beginning()
            return [await reader.getone() for _ in range(count)]

    async def send(self, *values: bytes | None, key: bytes | None = None) -> None:
        """By hand, to the topic, in this order."""
        producer = AIOKafkaProducer(
            acks="all", enable_idempotence=self.brokers.idempotent, **self.brokers.client()
        )
        async with producer:
            for value in values:
                await producer.send_and_wait(self.topic, value, key=key)

    @property
    def topic(self) -> str:
        return self.brokers.topic(STREAM)

    @property
    def places(self) -> list[TopicPartition]:
        return [TopicPartition(self.topic, number) for number in range(self.partitions)]

    @asynccontextmanager
    async def admin(self) -> AsyncIterator[AIOKafkaAdminClient]:
        client = AIOKafkaAdminClient(**self.brokers.client())
        await client.start()
        try:
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[AIOKafkaConsumer]:
        async with AIOKafkaConsumer(group_id=None, **self.brokers.client()) as reader:
            yield reader


def needs_offsets() -> None:
    """Skip the test on Tansu: it does not tell how far a topic goes and a group has come."""
    if may_be_left_out():
        pytest.skip(LEFT_OUT)


def event(key: UUID) -> Event:
    data = IntakeReceived(intake_id=key, channel=ChannelName.EMAIL)
    return new_event(data, key=key, id=new_id(), time=utc_now())


class Scribe:
    """Writes a line for each event that it handles, and nothing keeps a second one out."""

    def __init__(
        self,
        worker: str = "",
        *,
        pause: float = 0.0,
        not_prepared: Mapping[UUID, Exception] | None = None,
        not_handled: Mapping[UUID, Exception] | None = None,
    ) -> None:
        self._worker = worker
        self._pause = pause
        self._not_prepared = not_prepared or {}
        self._not_handled = not_handled or {}
        self.consumer = Consumer("scribe", STREAM, self)

    async def prepare(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.id in self._not_prepared:
                raise self._not_prepared[event.id]

    async def handle(self, event: Event, session: AsyncSession, prepared: None) -> list[Event]:
        await asyncio.sleep(self._pause)
        if event.id in self._not_handled:
            raise self._not_handled[event.id]
        line = {"worker": self._worker, "key": event.subject, "event": event.id}
        await session.execute(_WRITE, line)
        return []


_WRITE = text("INSERT INTO lines (worker, key, event) VALUES (:worker, :key, :event)")


async def lines(database: Database) -> list[UUID]:
    """The events that were handled, in order; each as often as it had an effect."""
    async with database.read() as session:
        return list(await session.scalars(text("SELECT event FROM lines ORDER BY number")))


async def until_lines(database: Database, count: int, *, workers: Collection[str] = ()) -> None:
    """Until so many are written, and each of the workers has written one."""

    async def look(session: AsyncSession) -> bool:
        found = (await session.scalars(text("SELECT worker FROM lines"))).all()
        return len(found) >= count and {*workers} <= {*found}

    await until(database, look)


def by_key(events: Sequence[Event], order: Sequence[UUID]) -> dict[str, list[UUID]]:
    """For each key its events in this order."""
    keys = {event.id: event.subject for event in events}
    found: dict[str, list[UUID]] = {event.subject: [] for event in events}
    for event_id in order:
        found[keys[event_id]].append(event_id)
    return found
