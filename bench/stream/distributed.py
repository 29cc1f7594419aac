"""The distributed engine on Apache Kafka and PostgreSQL, and loops over the same two."""

import asyncio
import multiprocessing
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import CommitFailedError
from sqlalchemy import text

from bench.stream.stores import Psycopg, Sqlalchemy, Store
from bench.stream.work import (
    STAGES,
    Results,
    arrivals,
    compared,
    consumers,
    enter,
    following,
    make_tables,
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
from ingest.kafka.relay import CONTENT_TYPE
from ingest.pipeline import STREAMS, Stage
from tests.kafka.broker import Kafka
from tests.postgresql import PostgreSQL, postgresql

PARTITIONS = 8
HISTORY = 3_000  # events that each stage has handled before
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
    await _settle_history(database)
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


async def _settle_history(database: Database) -> None:
    """A town has handled events before, and PostgreSQL knows how large its tables are."""
    async with database.begin() as session:
        for stage in STAGES:
            await session.execute(
                text(
                    "WITH settled AS (INSERT INTO stream (id, stream, key, event)"
                    " SELECT gen_random_uuid(), :stream, gen_random_uuid(), repeat('.', 500)"
                    " FROM generate_series(1, :count) RETURNING id)"
                    " INSERT INTO processed (consumer, event_id) SELECT :consumer, id FROM settled"
                ),
                {"stream": stage.reads, "consumer": stage.consumer, "count": HISTORY},
            )
        await session.execute(text("ANALYZE stream, processed"))


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
    """As our relay does: aiokafka's own choice of a partition would take longer than the rest."""
    promised = [
        await producer.send(
            brokers.topic(event.stream),
            key=event.subject.encode(),
            value=event.model_dump_json().encode(),
            partition=crc32(event.subject.encode()) % PARTITIONS,
            headers=[("content-type", CONTENT_TYPE)],
        )
        for event in events
    ]
    await asyncio.gather(*promised)
