"""A real store for every test that wants one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from guichet.migrate import migrate
from tests.builders import SettableClock


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "var", demo=False)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """An empty store with every table, as the migrations make it."""
    settings.data.mkdir()
    database = Database(settings.database_url)
    await migrate(database)
    yield database
    await database.close()


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    return Blobs(settings.blobs_url)
