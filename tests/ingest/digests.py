"""What a store holds, so that two moments can be compared."""

import hashlib

from sqlalchemy import text

import guichet.models  # noqa: F401 - every table
from core.database import Base, Database


async def digests(database: Database) -> dict[str, tuple[int, str]]:
    """For each table the number of its rows and a digest of all of them."""
    found = {}
    async with database.read() as session:
        for table in Base.metadata.sorted_tables:
            rows = await session.execute(text(f"SELECT * FROM {table.name}"))
            lines = sorted(repr(tuple(row)) for row in rows)
            digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
            found[table.name] = (len(lines), digest)
    return found
