"""``guichet migrate-engine``: a town in the middle of its work loses and doubles nothing."""

import asyncio
import os
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import select, text, update

from cases.agents import AgentRow, open_session
from core.database import Database
from core.ids import new_id
from core.lock import sole_process
from core.settings import Settings
from guichet import demo
from guichet.copying import tables
from guichet.migrate import migrate
from guichet.moved import mark_moved
from guichet.town import Town as Rooms
from guichet.town import build_town
from ingest import Arrival, ChannelName, EmbeddedEngine
from ingest.failures import BackOff, Failures
from ingest.models import RetryRow, StreamRow
from notify.models import DeliveryRow, DeliveryStatus
from tests.builders import mail
from tests.e2e.engines import on_services
from tests.e2e.mailserver import MailServer
from tests.e2e.process import GUICHET
from tests.e2e.settling import settle, wait_until
from tests.e2e.town import Town
from tests.guichet.command import Command
from tests.kafka.broker import Broker
from tests.ports import free_ports
from tests.postgresql import PostgreSQL

EVERYTHING = ("normalize", "route", "authenticate", "notify", "calls", "deliver")
LARGE = 100_000  # bytes: more than the store takes
AGENT = demo.AGENTS[0].email


class Target:
    """An empty PostgreSQL database and a prefix on Kafka."""

    def __init__(self, server: PostgreSQL, kafka: Broker) -> None:
        self.settings = on_services(server, kafka)
        self._plain = self.settings["database"].replace("+psycopg", "")

    @property
    def arguments(self) -> tuple[str, ...]:
        database = f"--to-database={self._plain}"
        return ("migrate-engine", f"--to-stream={self.settings['stream']}", database)

    def connect(self) -> "psycopg.Connection[tuple[int]]":
        return psycopg.connect(self._plain, autocommit=True)

    def count(self, table: str) -> int:
        with self.connect() as connection:
            ((count,),) = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchall()
            return count


@pytest.fixture
def target(server: tuple[PostgreSQL, str], kafka: Broker) -> Iterator[Target]:
    target = Target(server[0], kafka)
    yield target
    server[0].drop(target.settings["database"].rpartition("/")[2])


@pytest.fixture
def old(settings: Settings) -> Command:
    """An embedded town with work of every kind half done."""
    asyncio.run(_work(settings))
    return Command(settings.data, {})


async def _work(settings: Settings) -> None:
    town = build_town(settings.model_copy(update={"mailboxes": ("@demo.example",)}))
    try:
        await migrate(town.database)
        await demo.create_town(town.database, demo.demo_password(town.secret))
        await _accept(town, "done", 3)
        await _run(town, EVERYTHING)
        await _accept(town, "half", 4)
        await town.acceptance.accept(Arrival(ChannelName.FAX, "fax", b"nothing reads it", {}))
        await _run(town, ("normalize", "route"))
        await _accept(town, "unread", 4)
        await _spoil(town)
    finally:
        await town.close()


async def _accept(town: Rooms, kind: str, count: int) -> None:
    for number in range(count):
        await town.acceptance.accept(_arrival(kind, number))


def _arrival(kind: str, number: int) -> Arrival:
    sender = f"{kind}{number}@citizens.example"
    letter = mail(
        sender=f"Zoé <{sender}>",
        subject=f"Demande {kind} {number}",
        text=f"Où est l'éclairage numéro {kind}{number} ?",
        Date="Mon, 09 Mar 2026 12:00:00 +0100",
    )
    if number == 0:
        letter.add_attachment(os.urandom(LARGE), maintype="image", subtype="png", filename="a.png")
    facts = {"mail_from": sender, "recipients": ["mairie@demo.example"], "client": "127.0.0.1"}
    return Arrival(ChannelName.EMAIL, f"{kind}-{number}", letter.as_bytes(), facts)


async def _run(town: Rooms, names: Collection[str]) -> None:
    """Until these consumers have read all there is."""
    failures = Failures(town.clock, BackOff())
    consumers = [consumer for consumer in town.consumers if consumer.name in names]
    task = asyncio.create_task(EmbeddedEngine(town.database, consumers, failures).run())
    unread = text(
        "SELECT count(*) FROM stream WHERE seq > coalesce((SELECT seq FROM cursors"
        " WHERE consumer = :consumer), 0) AND stream = :stream"
    )
    async with asyncio.timeout(60):
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.05)
            async with town.database.read() as session:
                counts = [
                    await session.scalar(unread, {"consumer": one.name, "stream": one.stream})
                    for one in consumers
                ]
            quiet = 0 if any(counts) else quiet + 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _spoil(town: Rooms) -> None:
    """A retry with a NUL in what was told of it, a delivery in flight, somebody signed in."""
    async with town.database.begin() as session:
        half = select(StreamRow).where(StreamRow.stream == "case.changed")
        event = (await session.scalars(half.order_by(StreamRow.seq.desc()))).first()
        assert event is not None
        session.add(
            RetryRow(
                consumer="notify",
                event_id=event.id,
                seq=event.seq,
                key=event.key,
                attempts=3,
                error="a library said \0",
                due_at=town.clock() + timedelta(seconds=1),
            )
        )
        first = (await session.scalars(select(DeliveryRow.id))).first()
        marked = update(DeliveryRow).where(DeliveryRow.id == first)
        await session.execute(
            marked.values(status=DeliveryStatus.IN_FLIGHT, claimed_by=new_id(), attempts=1)
        )
        agent = await session.scalar(select(AgentRow.id).where(AgentRow.email == AGENT))
        assert agent is not None
        await open_session(session, town.clock, agent)


Rows = dict[str, dict[tuple[object, ...], dict[str, object]]]


def _rows(url: str) -> Rows:
    """Of every table that is copied, by their keys, as the program sees them."""

    async def read() -> Rows:
        database = Database(url)
        found: Rows = {}
        async with database.read() as session:
            for table in tables():
                rows = (await session.execute(select(*table.columns))).mappings()
                keys = [key.name for key in table.primary_key]
                found[table.name] = {tuple(row[key] for key in keys): {**row} for row in rows}
        await database.close()
        return found

    return asyncio.run(read())


def test_a_town_in_the_middle_of_its_work(
    old: Command, target: Target, tmp_path: Path, settings: Settings
) -> None:
    blobs = tmp_path / "large"
    moved = old(*target.arguments, f"--to-blobs={blobs}")
    assert moved.exit_code == 0, moved.output
    # 3 mails, 2 attachments; 4 events of half, 4 unread, 2 of files whose pages wait
    assert "5 large files; 10 events" in moved.output
    assert f"GUICHET_BLOBS={blobs}" in moved.output

    before, after = _rows(settings.database_url), _rows(target.settings["database"])
    (retry,) = before["retries"].values()
    retry["error"] = "a library said \ufffd"
    assert after == before
    assert len(before["quarantine"]) == len(before["agent_sessions"]) == 1
    assert target.count("outbox") == 10

    http, smtp = map(str, free_ports(2))
    for command in (("admin", "list-agents"), ("run",)):
        refused = old(*command, GUICHET_HTTP_PORT=http, GUICHET_SMTP_PORT=smtp)
        assert refused.exit_code == 1
        assert "has moved to PostgreSQL" in refused.output

    with MailServer() as outside:
        town = Town(
            settings.data,
            **target.settings,
            smarthost=outside.url,
            mailboxes="@demo.example",
            blobs=str(blobs),
        )
        with town:
            settle(town, within=90)
            _judge(town, outside)


def _judge(town: Town, outside: MailServer) -> None:
    """Every request is one case with one receipt, and can be found."""
    kinds = {"done": 3, "half": 4, "unread": 4}
    senders = [f"{kind}{n}@citizens.example" for kind, count in kinds.items() for n in range(count)]
    assert town.scalar("SELECT count(*) FROM cases") == len(senders)
    assert town.scalar("SELECT count(*) FROM quarantine WHERE resolved_at IS NULL") == 1
    assert town.scalar("SELECT count(*) FROM retries") == 0
    assert town.scalar("SELECT count(*) FROM deliveries WHERE in_doubt > 0") == 1
    assert Counter(mail["To"] for mail in outside.received) == Counter(senders)
    api = httpx.Client(
        base_url=f"{town.url}/api/v1", headers={"Authorization": f"Bearer {town.token}"}
    )
    with api:
        for words in ("eclairage done1", "eclairage unread0"):
            (case,) = api.get("/cases", params={"q": words}).raise_for_status().json()["items"]
            assert case["sender"]["address"].startswith(words.split()[1])


def test_a_move_that_is_killed_has_moved_nothing(
    old: Command, target: Target, server: tuple[PostgreSQL, str], settings: Settings
) -> None:
    asyncio.run(_tables(target.settings["database"]))
    # The last table that is copied waits for us.
    with target.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE case_search IN EXCLUSIVE MODE")
        process = subprocess.Popen([GUICHET, *target.arguments], env=old.environment)
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        wait_until(lambda: connection.execute(waits).fetchall() == [(1,)], within=60)
        process.kill()
        process.wait()
    assert target.count("intakes") == target.count("outbox") == 0
    assert old("admin", "list-agents").exit_code == 0  # nothing says that it has moved
    mark_moved(settings.data, "there")  # as a kill at the very end leaves it
    again = old(*target.arguments)
    assert again.exit_code == 0, again.output
    assert target.count("intakes") == len(_rows(settings.database_url)["intakes"])


async def _tables(url: str) -> None:
    database = Database(url)
    await migrate(database)
    await database.close()


def test_it_is_refused(old: Command, target: Target, run: Command) -> None:
    with sole_process(old.data):
        running = old(*target.arguments)
    assert "another Guichet is running" in running.output

    asyncio.run(_tables(target.settings["database"]))
    with target.connect() as connection:
        connection.execute("INSERT INTO cursors VALUES ('normalize', 1)")
    filled = old(*target.arguments)
    assert "is not empty: cursors has rows" in filled.output

    away = old("migrate-engine", "--to-stream=kafka://127.0.0.1:9", target.arguments[-1])
    assert "kafka: 127.0.0.1:9 is not reachable" in away.output

    nothing = old(*target.arguments, GUICHET_DATA=str(old.data / "nowhere"))
    assert "there is no town at" in nothing.output

    wrong = old("migrate-engine", "--to-stream=kafka", target.arguments[-1])
    assert "GUICHET_STREAM" in wrong.output

    refused = (running, filled, away, nothing, wrong)
    assert all(result.exit_code for result in refused)
    assert not any("Traceback" in result.output for result in refused)


def test_what_postgresql_would_not_take_is_named(
    old: Command, target: Target, settings: Settings
) -> None:
    with closing(sqlite3.connect(settings.data / "guichet.db")) as database, database:
        database.execute("UPDATE queues SET slug = ? WHERE slug = 'voirie'", ("v" * 65,))
    refused = old(*target.arguments)
    assert refused.exit_code == 1
    assert "queues.slug" in refused.output
    assert "65 characters" in refused.output
    assert target.count("queues") == 0
