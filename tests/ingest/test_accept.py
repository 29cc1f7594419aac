import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select, text

from core.blobs import SMALL, Blobs
from core.database import Database
from core.errors import Later
from ingest import Acceptance
from ingest.models import IntakeRow, StreamRow
from tests.builders import SettableClock, arrival
from tests.ingest.digests import digests
from tests.postgresql import on_sqlite


@pytest.fixture
def acceptance(database: Database, blobs: Blobs, clock: SettableClock) -> Acceptance:
    return Acceptance(database, blobs, clock)


async def count(database: Database, table: type[IntakeRow] | type[StreamRow]) -> int:
    async with database.read() as session:
        return len((await session.scalars(select(table))).all())


async def test_an_accepted_arrival_is_in_the_ledger_with_its_event(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    accepted = await acceptance.accept(arrival("a", b"raw mail", client="127.0.0.1"))
    async with database.read() as session:
        intake = await session.get_one(IntakeRow, accepted.intake_id)
        event = (await session.scalars(select(StreamRow))).one()
        assert await blobs.read(session, intake.raw_sha256) == b"raw mail"
    assert intake.facts == {"client": "127.0.0.1"}
    assert event.stream == "intake.received"
    assert event.key == str(accepted.intake_id)


async def test_the_same_arrival_again_is_the_same_intake(
    acceptance: Acceptance, database: Database
) -> None:
    first = await acceptance.accept(arrival("a"))
    before = await digests(database)
    assert await acceptance.accept(arrival("a")) == first
    assert await digests(database) == before


async def test_the_same_arrival_twice_at_once_is_one_intake(
    acceptance: Acceptance, database: Database
) -> None:
    answers = await asyncio.gather(*(acceptance.accept(arrival("a")) for _ in range(20)))
    assert len(set(answers)) == 1
    assert await count(database, IntakeRow) == 1


async def test_many_at_once_share_their_commits(acceptance: Acceptance, database: Database) -> None:
    commits = 0

    def committed(_events: object) -> None:
        nonlocal commits
        commits += 1

    database.after_commit(committed)
    await asyncio.gather(*(acceptance.accept(arrival()) for _ in range(200)))
    assert await count(database, IntakeRow) == 200
    assert commits <= 3


async def test_a_large_arrival_is_kept_too(
    acceptance: Acceptance, database: Database, blobs: Blobs
) -> None:
    raw = b"z" * (SMALL * 3)
    accepted = await acceptance.accept(arrival(raw=raw))
    async with database.read() as session:
        intake = await session.get_one(IntakeRow, accepted.intake_id)
        assert await blobs.read(session, intake.raw_sha256) == raw


@on_sqlite
async def test_a_locked_store_says_later_and_keeps_nothing(
    acceptance: Acceptance, database: Database
) -> None:
    other = Database(database.url)
    async with database.begin() as session:
        await session.execute(text("PRAGMA busy_timeout=50"))
    async with other.begin() as session:
        await session.execute(text("SELECT 1"))  # the lock is taken with the first statement
        with pytest.raises(Later):
            await acceptance.accept(arrival("a"))
    assert await count(database, IntakeRow) == 0
    await acceptance.accept(arrival("a"))
    assert await count(database, IntakeRow) == 1
    await other.close()


@on_sqlite
async def test_a_full_disk_says_later_and_keeps_nothing(
    acceptance: Acceptance, database: Database
) -> None:
    async with database.begin() as session:
        pages = await session.scalar(text("PRAGMA page_count"))
        await session.execute(text(f"PRAGMA max_page_count={pages}"))
    with pytest.raises(Later):
        await acceptance.accept(arrival("a", b"x" * SMALL))
    async with database.begin() as session:
        await session.execute(text("PRAGMA max_page_count=1000000"))
    assert await count(database, IntakeRow) == 0
    assert await count(database, StreamRow) == 0


async def test_a_blob_folder_that_is_gone_says_later(
    acceptance: Acceptance, database: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "var" / "blobs"
    folder.rmdir()
    folder.write_text("a file is in the way")
    with pytest.raises(Later):
        await acceptance.accept(arrival(raw=b"x" * (SMALL + 1)))
    assert await count(database, IntakeRow) == 0
