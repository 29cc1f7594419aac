"""A stand for each test: its database and its prefix, and a table for what a handler does."""

import pytest
from sqlalchemy import text

from core.database import Database
from ingest.kafka import Brokers
from tests.ingest.kafka.stand import Stand


@pytest.fixture
async def stand(database: Database, brokers: Brokers) -> Stand:
    async with database.begin() as session:
        await session.execute(
            text("CREATE TABLE lines (number serial, worker text, key text, event uuid)")
        )
    return Stand(database, brokers)
