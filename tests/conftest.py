"""A real store for every test that wants one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
import cases.audit, citizens.models
from sqlalchemy import text
from core.database import Base
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
    async with database.begin() as session:
        c = await session.connection()
        await c.run_sync(lambda c: Base.metadata.create_all(c, tables=[t for t in Base.metadata.sorted_tables if t.name != "case_search"]))
        await session.execute(text('CREATE VIRTUAL TABLE case_search USING fts5(case_id UNINDEXED, words, tokenize="unicode61 remove_diacritics 2")'))
    yield database
    await database.close()


@pytest.fixture
def blobs(settings: Settings) -> Blobs:
    return Blobs(settings.blobs_url)
