"""The distributed engine on Apache Kafka and PostgreSQL, and loops over the same two."""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import CommitFailedError
from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from bench.stream.work import (
    STAGES,
    WORDS,
    BenchRow,
    Results,
    arrivals,
    compared,
    consumers,
    enter,
    following,
    make_tables,
    row_id,
    until,
)
from core.clock import utc_now
from core.database import Database
from core.garbage import spare_the_collector
from ingest import Engine
from ingest.consumer import BATCH
from ingest.events import Event
from ingest.failures import BackOff, Failures
from ingest.kafka import Brokers, KafkaEngine, TopicSettings, create_topics
from ingest.models import OutboxRow, ProcessedRow, StreamRow
from ingest.pipeline import STREAMS, Stage
from tests.kafka.broker import Kafka
from tests.postgresql import PostgreSQL, postgresql

PARTITIONS = 8
TOPICS = TopicSettings(partitions=PARTITIONS, replication=1, retention_hours=1)

Work = Callable[[str, str, str], None]
"""A worker's process: it is given the store's URL, Kafka's, and the prefix of its topics."""


def distributed(folder: Path, count: int, handled: int) -> Results:
    """With one worker, and with two."""
    results: Results = {}
    with postgresql() as server, Kafka(folder / "kafka") as kafka:
        for workers in (1, 2):
            seconds = {
                name: _measured(server, kafka, f"{name}{workers}", work, workers, count, handled)
                for name, work in WORKS.items()
            }
            results[f"workers_{workers}"] = compared(handled, seconds)
    return results


def _measured(
    server: PostgreSQL,
    kafka: Kafka,
    prefix: str,
    work: Work,
    workers: int,
    count: int,
    handled: int,
) -> float:
    """Seconds from the first row to the last, the joining of the groups left out."""
    url = server.url(server.create())
    asyncio.run(_fill(url, kafka.url, prefix, count))
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=work, args=(url, kafka.url, prefix), daemon=True)
        for _ in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        return asyncio.run(_span(url, handled))
    finally:
        for process in processes:
            process.kill()
            process.join()


async def _fill(url: str, kafka_url: str, prefix: str, count: int) -> None:
    """The arrivals are in the ledger and on their topic before anybody works."""
    database = Database(url)
    await make_tables(database)
    brokers = Brokers.parse(kafka_url, prefix)
    await create_topics(brokers, STREAMS, TOPICS)
    events = arrivals(count)
    await enter(database, events)
    producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **brokers.client())
    await producer.start()
    await _produce(producer, brokers, events)
    await producer.stop()
    async with database.begin() as session:
        await session.execute(
            text('UPDATE outbox SET published_at = now(), partition = 0, "offset" = 0')
        )
    await database.close()


async def _span(url: str, handled: int) -> float:
    database = Database(url)
    await until(database, handled)
    async with database.read() as session:
        seconds = await session.scalar(
            text("SELECT extract(epoch FROM max(at) - min(at)) FROM bench_rows")
        )
    await database.close()
    return float(seconds or 0.0)


# ---- ours ----


def _guichet(url: str, kafka_url: str, prefix: str) -> None:
    """A worker with every stage."""
    import uvloop

    async def work() -> None:
        database = Database(url)
        engine: Engine = KafkaEngine(
            database,
            consumers(),
            Failures(utc_now, BackOff()),
            Brokers.parse(kafka_url, prefix),
            utc_now,
            streams=STREAMS,
            topics=TOPICS,
            work_on=[stage.consumer for stage in STAGES],
        )
        spare_the_collector()
        await engine.run()

    uvloop.run(work())


# ---- without our code: consume, write, produce, commit ----


class Store(Protocol):
    """Where a loop writes."""

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        """The rows of a batch, in one transaction."""

    async def published(self, new: Sequence[Event]) -> None:
        """The outbox's two further writes of each event: published, and let go of."""


class Psycopg:
    def __init__(self, database: psycopg.AsyncConnection) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> "Psycopg":
        plain = url.replace("postgresql+psycopg", "postgresql")
        return cls(await psycopg.AsyncConnection.connect(plain))

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        async with self._database.transaction(), self._database.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO bench_rows (id, consumer, words) VALUES (%s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [(row_id(event.id, stage), stage.consumer, WORDS) for event in batch],
            )
            await cursor.executemany(
                "INSERT INTO processed (consumer, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                [(stage.consumer, event.id) for event in batch],
            )
            if new:
                await cursor.executemany(
                    "WITH new AS (INSERT INTO stream (id, stream, key, event)"
                    " VALUES (%(id)s, %(stream)s, %(key)s, %(event)s) ON CONFLICT DO NOTHING"
                    " RETURNING seq)"
                    " INSERT INTO outbox (seq) SELECT seq FROM new",
                    [_stream_row(event) for event in new],
                )

    async def published(self, new: Sequence[Event]) -> None:
        ids = [event.id for event in new]
        async with self._database.transaction():
            await self._database.execute(
                "UPDATE outbox SET published_at = now() FROM stream"
                " WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
                [ids],
            )
            await self._database.execute(
                "DELETE FROM outbox USING stream"
                " WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
                [ids],
            )


class Sqlalchemy:
    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    async def open(cls, url: str) -> "Sqlalchemy":
        return cls(Database(url))

    async def write(self, stage: Stage, batch: Sequence[Event], new: Sequence[Event]) -> None:
        async with self._database.begin() as session:
            await session.execute(
                _ROWS,
                [
                    {"id": row_id(event.id, stage), "consumer": stage.consumer, "words": WORDS}
                    for event in batch
                ],
            )
            await session.execute(
                _PROCESSED, [{"consumer": stage.consumer, "event_id": event.id} for event in batch]
            )
            if new:
                entered = await session.scalars(_STREAM, [_stream_row(event) for event in new])
                # None is what a rebalance has brought twice.
                rows = [{"seq": seq} for seq in entered if seq]
                if rows:
                    await session.execute(_OUTBOX, rows)

    async def published(self, new: Sequence[Event]) -> None:
        rows = select(StreamRow.seq).where(StreamRow.id.in_([event.id for event in new]))
        async with self._database.begin() as session:
            await session.execute(
                update(OutboxRow).where(OutboxRow.seq.in_(rows)).values(published_at=utc_now())
            )
            await session.execute(delete(OutboxRow).where(OutboxRow.seq.in_(rows)))


_ROWS: Any = insert(BenchRow).on_conflict_do_nothing()
_PROCESSED: Any = insert(ProcessedRow).on_conflict_do_nothing()
_STREAM: Any = insert(StreamRow).on_conflict_do_nothing().returning(StreamRow.seq)
_OUTBOX: Any = insert(OutboxRow)


def _stream_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "stream": event.stream,
        "key": event.subject,
        "event": event.model_dump_json(),
    }


def _bare(url: str, kafka_url: str, prefix: str) -> None:
    _loop(url, kafka_url, prefix, Psycopg.open)


def _sqlalchemy(url: str, kafka_url: str, prefix: str) -> None:
    _loop(url, kafka_url, prefix, Sqlalchemy.open)


WORKS: Mapping[str, Work] = {
    "guichet": _guichet,
    "aiokafka_sqlalchemy": _sqlalchemy,
    "bare_aiokafka_psycopg": _bare,
}


def _loop(
    url: str, kafka_url: str, prefix: str, open_store: Callable[[str], Awaitable[Store]]
) -> None:
    import uvloop

    async def work() -> None:
        brokers = Brokers.parse(kafka_url, prefix)
        spare_the_collector()
        async with asyncio.TaskGroup() as stages:
            for stage in STAGES:
                stages.create_task(_stage(await open_store(url), brokers, stage))

    uvloop.run(work())


async def _stage(store: Store, brokers: Brokers, stage: Stage) -> None:
    consumer = AIOKafkaConsumer(
        brokers.topic(stage.reads),
        group_id=brokers.group(stage.consumer),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **brokers.client(),
    )
    producer = AIOKafkaProducer(
        acks="all", enable_idempotence=True, linger_ms=2, **brokers.client()
    )
    await consumer.start()
    await producer.start()
    while True:
        taken = await consumer.getmany(timeout_ms=1_000, max_records=BATCH)
        batch = [
            Event.model_validate_json(record.value)
            for records in taken.values()
            for record in records
        ]
        if batch:
            new = [new for event in batch for new in following(event, stage)]
            await store.write(stage, batch, new)
            await _produce(producer, brokers, new)
            if new:
                await store.published(new)
            with suppress(CommitFailedError):  # another worker has joined: it gets them again
                await consumer.commit()


async def _produce(producer: AIOKafkaProducer, brokers: Brokers, events: Sequence[Event]) -> None:
    promised = [
        await producer.send(
            brokers.topic(event.stream),
            key=event.subject.encode(),
            value=event.model_dump_json().encode(),
        )
        for event in events
    ]
    await asyncio.gather(*promised)
