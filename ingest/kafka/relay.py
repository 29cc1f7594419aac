"""The outbox relay: what a transaction has entered in the outbox goes to Kafka.

Any number of processes run one; an advisory lock of PostgreSQL lets one of them publish at a
time, in the order of the ledger, so that each event is published once and none overtakes another
of its key. What Kafka may have taken without our knowing (a crash between its answer and our
commit) is published again: the consumers know it by its id.
"""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from zlib import crc32

import structlog
from aiokafka import AIOKafkaProducer
from sqlalchemy import Row, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database, take_turn
from core.metrics import PUBLISHED
from core.news import wait_for_news
from core.unbroken import unbroken
from ingest.events import Event
from ingest.kafka.brokers import AWAY, Brokers
from ingest.models import OutboxRow, StreamRow

MOST = 500  # events published in one step
POLL = 1.0  # seconds between looks for what a process that died has left
ANSWER = 20.0  # seconds for Kafka to take a step's events
CONTENT_TYPE = b"application/cloudevents+json; charset=UTF-8"
"""Structured mode (CloudEvents Kafka protocol binding 1.0.2, section 3.3)."""

_WAITING = (
    select(OutboxRow.seq, StreamRow.stream, StreamRow.key, StreamRow.event)
    .join(StreamRow, StreamRow.seq == OutboxRow.seq)
    .where(OutboxRow.published_at.is_(None))
    .order_by(OutboxRow.seq)
    .limit(MOST)
)
_PUBLISHED = text(
    'UPDATE outbox SET published_at = :at, partition = taken.partition, "offset" = taken.place'
    " FROM unnest(CAST(:seqs AS bigint[]), CAST(:partitions AS int[]), CAST(:places AS bigint[]))"
    " AS taken (seq, partition, place) WHERE outbox.seq = taken.seq"
)

log = structlog.get_logger()


class Relay:
    def __init__(self, database: Database, brokers: Brokers, clock: Clock) -> None:
        self._database = database
        self._brokers = brokers
        self._clock = clock
        self._news = asyncio.Event()
        self._producer: AIOKafkaProducer | None = None
        database.after_commit(self._hear)

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                self._news.clear()
                try:
                    count = await unbroken(self._step())
                except (SQLAlchemyError, *AWAY) as problem:
                    log.warning("relay.waits", error=repr(problem))
                    await self._forget_producer()
                    await asyncio.sleep(POLL)
                    continue
                if count < MOST:
                    await wait_for_news(self._news, POLL)
        finally:
            await self._forget_producer()

    def _hear(self, _events: Sequence[Event]) -> None:
        self._news.set()

    async def _step(self) -> int:
        """Publish what waits. Returns how many these were."""
        # Before the turn: who cannot reach Kafka must not hold up those who can.
        producer = await self._started()
        async with self._database.begin() as session:
            await take_turn(session, "relay")
            rows = (await session.execute(_WAITING)).all()
            if rows:
                await self._publish(session, producer, rows)
            return len(rows)

    async def _publish(
        self,
        session: AsyncSession,
        producer: AIOKafkaProducer,
        rows: Sequence[Row[int, str, str, str]],
    ) -> None:
        async with asyncio.timeout(ANSWER):
            partitions = {
                stream: await producer.partitions_for(self._brokers.topic(stream))
                for stream in {stream for _, stream, _, _ in rows}
            }
            promised = [
                await producer.send(
                    self._brokers.topic(stream),
                    key=key.encode(),
                    value=event.encode(),
                    partition=_partition(key, partitions[stream]),
                    headers=[("content-type", CONTENT_TYPE)],
                )
                for _, stream, key, event in rows
            ]
            taken = await asyncio.gather(*promised)
        await session.execute(
            _PUBLISHED,
            {
                "at": self._clock(),
                "seqs": [row.seq for row in rows],
                "partitions": [place.partition for place in taken],
                "places": [place.offset for place in taken],
            },
        )
        PUBLISHED.inc(len(rows))

    async def _started(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                acks="all",
                enable_idempotence=self._brokers.idempotent,
                linger_ms=2,
                **self._brokers.client(),
            )
            try:
                await producer.start()
            except BaseException:
                await producer.stop()
                raise
            self._producer = producer
        return self._producer

    async def _forget_producer(self) -> None:
        """After a failure its sequence numbers may be out of step: the next one begins anew."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with suppress(*AWAY):
                async with asyncio.timeout(ANSWER):
                    await producer.stop()


def _partition(key: str, partitions: Collection[int]) -> int:
    """The same for a key always; aiokafka's own way takes longer than all else about a record."""
    return crc32(key.encode()) % len(partitions)
