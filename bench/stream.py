"""How many events a second go through all stages, beside loops that only write the same rows.

The stages are those of the pipeline; their handlers write one row an event and nothing else, so
that what is measured is the engine. The baselines take the same events, write the same rows in
transactions of the same size and hand the same events on, by the drivers alone: on PostgreSQL
``psycopg`` and ``aiokafka`` (consume, write, produce, commit), on SQLite ``sqlite3``.
"""

import asyncio
import contextlib
import multiprocessing
import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import String, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import utc_now
from core.database import Base, Database
from core.ids import derived_id, new_id
from guichet.migrate import migrate
from ingest import ChannelName, Consumer, EmbeddedEngine, Engine, publish
from ingest.consumer import BATCH
from ingest.events import Data, Event, IntakeReceived, new_event
from ingest.failures import BackOff, Failures
from ingest.kafka import Brokers, KafkaEngine, TopicSettings, create_topics
from ingest.pipeline import PIPELINE, STREAMS, Stage
from tests.kafka.broker import Kafka
from tests.postgresql import PostgreSQL, postgresql

WORDS = "Bonjour, le lampadaire de la rue des Lilas ne s'allume plus depuis mardi. " * 6
PARTITIONS = 8
PATIENCE = 300.0  # seconds for the last event to be handled
TOPICS = TopicSettings(partitions=PARTITIONS, replication=1, retention_hours=1)

PAPER = "document.unread"
STAGES = [stage for stage in PIPELINE if stage.reads != PAPER]
"""The way of a mail without documents: pages take their time, and lead back to the router."""

Results = dict[str, object]


class BenchRow(Base):
    """What a handler writes."""

    __tablename__ = "bench_rows"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(String(64))
    words: Mapped[str]


CREATE = """
    CREATE TABLE bench_rows (
        id {uuid} PRIMARY KEY, consumer VARCHAR(64) NOT NULL, words TEXT NOT NULL,
        at {moment})
"""


class _Following(Data):
    """Any event of the way; what it says does not matter here."""

    stream = ""
    intake_id: UUID


class Writing:
    """Writes one row an event, and the events that follow."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def prepare(self, events: Sequence[Event]) -> None:
        """Nothing is read."""

    async def handle(self, event: Event, session: AsyncSession, _prepared: None) -> list[Event]:
        session.add(
            BenchRow(id=_row_id(event.id, self._stage), consumer=self._stage.consumer, words=WORDS)
        )
        return _following(event, self._stage)


def _row_id(event_id: UUID, stage: Stage) -> UUID:
    return derived_id(event_id, stage.consumer)


def _following(event: Event, stage: Stage) -> list[Event]:
    """One event of every stream that the stage writes; none of its own, which would never end."""
    return [
        new_event(
            _NAMED[stream](intake_id=UUID(event.data["intake_id"])),
            key=UUID(event.subject),
            id=derived_id(event.id, stream),
            time=event.time,
        )
        for stream in stage.writes
        if stream not in (stage.reads, PAPER)
    ]


_NAMED = {stream: type("Named", (_Following,), {"stream": stream}) for stream in STREAMS}


def run(count: int) -> Results:
    """``count`` arrivals on each engine."""
    handled = count * _events_an_arrival()
    results: Results = {"arrivals": count, "events_handled": handled, "batch": BATCH}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        results["embedded"] = _embedded(Path(folder), count, handled)
        results["distributed"] = _distributed(Path(folder), count, handled)
    return results


def _events_an_arrival() -> int:
    """How many (consumer, event) pairs one arrival leads to."""
    waiting, pairs = ["intake.received"], 0
    while waiting:
        stream = waiting.pop()
        for stage in STAGES:
            if stage.reads == stream:
                pairs += 1
                waiting += [other for other in stage.writes if other not in (stream, PAPER)]
    return pairs


def _arrivals(count: int) -> list[Event]:
    now = utc_now()
    return [
        new_event(
            IntakeReceived(intake_id=intake_id, channel=ChannelName.EMAIL),
            key=intake_id,
            id=derived_id(intake_id, "received"),
            time=now,
        )
        for intake_id in (new_id() for _ in range(count))
    ]


async def _enter(database: Database, events: Sequence[Event]) -> None:
    for first in range(0, len(events), 500):
        async with database.begin() as session:
            await publish(session, events[first : first + 500])


def _consumers() -> list[Consumer]:
    return [
        Consumer(stage.consumer, stage.reads, Writing(stage), serial=stage.serial)
        for stage in STAGES
    ]


# ---- the embedded engine ----


def _embedded(folder: Path, count: int, handled: int) -> Results:
    ours = asyncio.run(_embedded_engine(folder / "engine.db", count, handled))
    bare = _bare_sqlite(folder / "bare.db", count)
    return _compared(handled, {"guichet": ours, "bare_sqlite3": bare}, "bare_sqlite3")


async def _embedded_engine(path: Path, count: int, handled: int) -> float:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    async with database.begin() as session:
        await session.execute(text(CREATE.format(uuid="CHAR(32)", moment="TEXT")))
    await _enter(database, _arrivals(count))
    engine = EmbeddedEngine(database, _consumers(), Failures(utc_now, BackOff()))
    started = time.perf_counter()
    working = asyncio.create_task(engine.run())
    await _until(database, handled)
    seconds = time.perf_counter() - started
    await _cancel(working)
    await database.close()
    return seconds


def _bare_sqlite(path: Path, count: int) -> float:
    """The same rows in the same tables, in transactions of the same size."""
    asyncio.run(_make_tables(path))
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    arrivals = _arrivals(count)
    database.execute("BEGIN")
    _insert_sqlite_events(database, arrivals)
    database.execute("COMMIT")
    waiting: dict[str, list[Event]] = {"intake.received": arrivals}
    started = time.perf_counter()
    for stage in STAGES:
        events = waiting.get(stage.reads, [])
        for first in range(0, len(events), BATCH):
            batch = events[first : first + BATCH]
            database.execute("BEGIN IMMEDIATE")
            database.executemany(
                "INSERT INTO bench_rows (id, consumer, words) VALUES (?, ?, ?)",
                [(_row_id(event.id, stage).hex, stage.consumer, WORDS) for event in batch],
            )
            database.executemany(
                "INSERT INTO processed (consumer, event_id) VALUES (?, ?)",
                [(stage.consumer, event.id.hex) for event in batch],
            )
            following = [new for event in batch for new in _following(event, stage)]
            _insert_sqlite_events(database, following)
            database.execute(
                "INSERT INTO cursors (consumer, seq) VALUES (?, ?)"
                " ON CONFLICT (consumer) DO UPDATE SET seq = excluded.seq",
                (stage.consumer, first),
            )
            database.execute("COMMIT")
            for event in following:
                waiting.setdefault(event.stream, []).append(event)
    seconds = time.perf_counter() - started
    database.close()
    return seconds


async def _make_tables(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(database)
    async with database.begin() as session:
        await session.execute(text(CREATE.format(uuid="CHAR(32)", moment="TEXT")))
    await database.close()


def _insert_sqlite_events(database: sqlite3.Connection, events: Sequence[Event]) -> None:
    database.executemany(
        "INSERT INTO stream (id, stream, key, event) VALUES (?, ?, ?, ?)",
        [(event.id.hex, event.stream, event.subject, event.model_dump_json()) for event in events],
    )


# ---- the distributed engine ----


def _distributed(folder: Path, count: int, handled: int) -> Results:
    results: Results = {}
    with postgresql() as server, Kafka(folder / "kafka") as kafka:
        for workers in (1, 2):
            seconds = {}
            for name, work in (("guichet", _work), ("bare_aiokafka_psycopg", _bare_work)):
                prefix = f"{name}{workers}"
                seconds[name] = _measured(server, kafka, prefix, work, workers, count, handled)
            results[f"workers_{workers}"] = _compared(handled, seconds, "bare_aiokafka_psycopg")
    return results


def _measured(
    server: PostgreSQL,
    kafka: Kafka,
    prefix: str,
    work: Callable[[str, str, str], None],
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
    await migrate(database)
    async with database.begin() as session:
        await session.execute(
            text(
                CREATE.format(uuid="UUID", moment="TIMESTAMPTZ DEFAULT clock_timestamp() NOT NULL")
            )
        )
    brokers = Brokers.parse(kafka_url, prefix)
    await create_topics(brokers, STREAMS, TOPICS)
    events = _arrivals(count)
    await _enter(database, events)
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
    await _until(database, handled)
    async with database.read() as session:
        seconds = await session.scalar(
            text("SELECT extract(epoch FROM max(at) - min(at)) FROM bench_rows")
        )
    await database.close()
    return float(seconds or 0.0)


def _work(url: str, kafka_url: str, prefix: str) -> None:
    """A worker of ours with every stage."""
    import uvloop

    async def work() -> None:
        database = Database(url)
        engine: Engine = KafkaEngine(
            database,
            _consumers(),
            Failures(utc_now, BackOff()),
            Brokers.parse(kafka_url, prefix),
            utc_now,
            streams=STREAMS,
            topics=TOPICS,
            work_on=[stage.consumer for stage in STAGES],
        )
        await engine.run()

    uvloop.run(work())


def _bare_work(url: str, kafka_url: str, prefix: str) -> None:
    """A worker without our code: consume, write, produce, commit."""
    import uvloop

    async def work() -> None:
        brokers = Brokers.parse(kafka_url, prefix)
        async with asyncio.TaskGroup() as stages:
            for stage in STAGES:
                stages.create_task(_bare_stage(url, brokers, stage))

    uvloop.run(work())


async def _bare_stage(url: str, brokers: Brokers, stage: Stage) -> None:
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
    plain = url.replace("postgresql+psycopg", "postgresql")
    async with await psycopg.AsyncConnection.connect(plain) as database:
        while True:
            taken = await consumer.getmany(timeout_ms=1_000, max_records=BATCH)
            events = [
                Event.model_validate_json(record.value)
                for records in taken.values()
                for record in records
            ]
            if events:
                following = [new for event in events for new in _following(event, stage)]
                await _bare_write(database, stage, events, following)
                await _produce(producer, brokers, following)
                await _bare_published(database, following)
                await consumer.commit()


async def _bare_write(
    database: psycopg.AsyncConnection,
    stage: Stage,
    events: Sequence[Event],
    following: Sequence[Event],
) -> None:
    async with database.transaction(), database.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO bench_rows (id, consumer, words) VALUES (%s, %s, %s)"
            " ON CONFLICT DO NOTHING",
            [(_row_id(event.id, stage), stage.consumer, WORDS) for event in events],
        )
        await cursor.executemany(
            "INSERT INTO processed (consumer, event_id) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [(stage.consumer, event.id) for event in events],
        )
        if following:
            rows = [
                {
                    "id": event.id,
                    "stream": event.stream,
                    "key": event.subject,
                    "event": event.model_dump_json(),
                }
                for event in following
            ]
            await cursor.executemany(
                "WITH new AS (INSERT INTO stream (id, stream, key, event)"
                " VALUES (%(id)s, %(stream)s, %(key)s, %(event)s) ON CONFLICT DO NOTHING"
                " RETURNING seq)"
                " INSERT INTO outbox (seq) SELECT seq FROM new",
                rows,
            )


async def _bare_published(database: psycopg.AsyncConnection, following: Sequence[Event]) -> None:
    """The outbox's two further writes of each event: published, and let go of."""
    if not following:
        return
    ids = [event.id for event in following]
    async with database.transaction():
        await database.execute(
            "UPDATE outbox SET published_at = now() FROM stream"
            " WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
            [ids],
        )
        await database.execute(
            "DELETE FROM outbox USING stream WHERE stream.seq = outbox.seq AND stream.id = ANY(%s)",
            [ids],
        )


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


# ---- both ----


async def _until(database: Database, handled: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        async with database.read() as session:
            if (await session.scalar(text("SELECT count(*) FROM bench_rows")) or 0) >= handled:
                return
        if time.monotonic() > deadline:
            raise TimeoutError("the events did not come to their end")
        await asyncio.sleep(0.05)


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _compared(handled: int, seconds: Mapping[str, float], baseline: str) -> Results:
    ratio = seconds[baseline] / seconds["guichet"]
    return {
        "events_per_second": {name: round(handled / took) for name, took in seconds.items()},
        f"ratio_to_{baseline}": round(ratio, 2),
    }
