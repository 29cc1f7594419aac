"""A real store for every test that wants one, of each kind that a town may have."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from guichet.migrate import migrate
from tests.builders import SettableClock
from tests.kafka.broker import Broker, broker
from tests.postgresql import PostgreSQL, postgresql

# As a town does: structlog's own way draws the values of all variables, and takes seconds for ours.
structlog.configure(
    [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var", demo=False)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture(scope="session")
def server() -> Iterator[tuple[PostgreSQL, str]]:
    """PostgreSQL, and the name of a database in it with every table."""
    with postgresql() as server:
        template = server.create()
        _make_tables(server.url(template))
        yield server, template


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with every table: tests begin with a copy."""
    path = tmp_path_factory.mktemp("template") / "guichet.db"
    _make_tables(f"sqlite+aiosqlite:///{path}")
    return path


def _make_tables(url: str) -> None:
    async def fill() -> None:
        database = Database(url)
        await migrate(database)
        await database.close()

    with ThreadPoolExecutor() as beside:  # a loop may be running here
        beside.submit(asyncio.run, fill()).result()


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Database]:
    """An empty store with every table, as the migrations make it; once of each kind."""
    settings.data.mkdir()
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), settings.data / "guichet.db")
        database = Database(settings.database_url)
        yield database
        await database.close()
        return
    server, template = request.getfixturevalue("server")
    name = await asyncio.to_thread(server.create, template)
    database = Database(server.url(name))
    yield database
    await database.close()
    await asyncio.to_thread(server.drop, name)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests: each takes a prefix of its own."""
    with broker(tmp_path_factory.mktemp("kafka")) as kafka:
        yield kafka


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    return Blobs(settings.blobs_url)
