"""What is true of the embedded engine's cursors alone."""

import asyncio

import pytest
from sqlalchemy import delete

from citizens import CitizenRow
from core.blobs import Blobs
from core.database import Database
from core.errors import Later
from ingest import handling
from ingest.consumer import BATCH
from ingest.embedded import rewind
from ingest.models import IntakeRow, ProcessedRow
from tests.builders import NOON, SettableClock
from tests.ingest.engines import Embedded
from tests.ingest.witness import Witness, accept_all, names, no_retries, until


async def test_a_retry_does_not_carry_the_cursor_past_what_a_replay_has_yet_to_reach(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    engine = Embedded(database, clock)
    keys = [f"{number:03}" for number in range(2 * BATCH)]
    await accept_all(database, blobs, clock, keys)
    stumbles = Witness(database, lambda i: Later("away") if i.key == keys[-1] else None)
    async with engine.running(stumbles.consumer):
        await engine.until_read()
    async with database.begin() as session:  # as operations.md has it: their effect is undone
        await session.execute(delete(ProcessedRow))
        await session.execute(delete(CitizenRow))
    again = Witness(database)
    await rewind(database, [again.consumer])
    clock.advance(hours=1)
    async with engine.running(again.consumer):
        await engine.until_read()
        await until(database, no_retries)
    assert sorted(await names(database)) == keys


async def test_a_cursor_is_never_moved_forward_by_a_replay(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    engine = Embedded(database, clock)
    await accept_all(database, blobs, clock, ["one"])
    witness = Witness(database)
    async with engine.running(witness.consumer):
        await engine.until_read()
    await rewind(database, [witness.consumer], seq=999)
    await accept_all(database, blobs, clock, ["two"])
    async with engine.running(witness.consumer):
        await engine.until_read()
    assert witness.handled == ["one", "two"]


async def test_a_batch_ends_early_when_somebody_waits_for_the_store_and_loses_nothing(
    database: Database, blobs: Blobs, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "BREATH", 0.0)  # its events are handled in no time
    engine = Embedded(database, clock)
    keys = [f"{number:03}" for number in range(BATCH)]
    await accept_all(database, blobs, clock, keys)
    waited: list[asyncio.Task[int]] = []

    async def write() -> int:
        async with database.begin():
            return len(witness.handled)

    def trouble(intake: IntakeRow) -> Exception | None:
        """Somebody wants to write from the first event on; the last but one is away for a while."""
        if not waited:
            waited.append(asyncio.create_task(write()))
        return Later("away") if intake.key == keys[-2] and clock() == NOON else None

    witness = Witness(database, trouble)
    async with engine.running(witness.consumer):
        await engine.until_read()
        clock.advance(hours=1)
        await until(database, no_retries)
    assert await waited[0] < BATCH // 2
    assert await names(database) == keys
