"""A store that somebody else has locked."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.database import Database


@asynccontextmanager
async def locked(database: Database) -> AsyncIterator[None]:
    """SQLite only: nobody can write to it within the block, and who tries soon gives up."""
    async with database.begin() as session:  # the pragma is the connection's
        await session.execute(text("PRAGMA busy_timeout=50"))
    path = make_url(database.url).database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()
