"""``guichet replay``: which stretch of the ledger comes again, on either engine."""

import asyncio
from datetime import timedelta

import pytest

from core.database import Database
from ingest import replaying
from tests.builders import NOON
from tests.guichet.command import Command
from tests.guichet.ledgers import cursor, fill, give_up, in_outbox, in_retries, take_back
from tests.postgresql import on_postgresql, on_sqlite

Replay = tuple[str, ...]


async def replay(command: Command, *options: str) -> str:
    done = await asyncio.to_thread(command, "replay", *options)
    assert done.exit_code == 0, done.output
    return done.output


async def test_moments_are_found_in_the_ledger(database: Database) -> None:
    async with database.read() as session:
        assert await replaying.end(session) == 0
        assert await replaying.position_before(session, NOON) == 0
        assert await replaying.position_of_last(session, NOON) == 0
    await fill(database)
    second, third = NOON + timedelta(hours=1), NOON + timedelta(hours=2)
    async with database.read() as session:
        assert await replaying.position_before(session, second) == 1
        assert await replaying.position_before(session, second + timedelta(seconds=1)) == 2
        assert await replaying.position_before(session, NOON + timedelta(days=1)) == 5
        assert await replaying.position_of_last(session, third) == 3
        assert await replaying.position_of_last(session, third - timedelta(seconds=1)) == 2
        assert await replaying.position_of_last(session, NOON - timedelta(days=1)) == 0


@on_sqlite
async def test_without_an_end_the_cursors_go_back(database: Database, run: Command) -> None:
    await fill(database)
    assert "11 consumers read again from 2" in await replay(run, "--from", "2")
    assert await cursor(database) == 2
    assert await in_retries(database) == []


@on_sqlite
async def test_of_a_stretch_comes_what_is_not_processed(database: Database, run: Command) -> None:
    events = await fill(database)
    await take_back(database, *events[:4])
    await give_up(database, events[2])
    told = await replay(run, "--from", "1", "--to", "3")
    assert "from 1 to 3: 1 events that they had not processed" in told
    assert await in_retries(database) == [("normalize", 2)]
    assert await cursor(database) == 5
    await replay(run, "--from", "1", "--to", "3")
    assert await in_retries(database) == [("normalize", 2)]


@on_sqlite
async def test_a_stretch_is_also_named_by_its_time(database: Database, run: Command) -> None:
    events = await fill(database)
    await take_back(database, *events)
    # in the town's time zone, Europe/Paris: noon in UTC is one o'clock
    await replay(run, "--from", "2026-03-09T14:00", "--to", "2026-03-09T14:30:00Z")
    assert await in_retries(database) == [("normalize", 2), ("normalize", 3)]


@on_sqlite
async def test_what_is_still_unread_comes_in_any_case(database: Database, run: Command) -> None:
    events = await fill(database)
    await take_back(database, *events)
    await replay(run, "--from", "3")
    await replay(run, "--to", "5")
    assert await in_retries(database) == [("normalize", seq) for seq in (1, 2, 3)]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--stream", "nothing"), "no stream is called nothing"),
        (("--stream", "delivery.changed"), "no consumer reads delivery.changed"),
        (("--from", "yesterday"), "neither a position of the ledger nor a date"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Command, options: Replay, told: str) -> None:
    refused = run("replay", *options)
    assert refused.exit_code == 1
    assert told in refused.output
    assert "Traceback" not in refused.output


@on_postgresql
async def test_on_kafka_it_goes_through_the_outbox(database: Database, run: Command) -> None:
    await fill(database)
    there = Command(run.data, on_kafka(database))
    assert "from 1 to 3" in await replay(there, "--from", "1", "--to", "3")
    assert await in_outbox(database) == [2, 3]
    await replay(there, "--from", "2026-03-09T16:00:00Z")
    assert await in_outbox(database) == [2, 3, 5]
    await replay(there, "--stream", "delivery.changed")
    assert await in_outbox(database) == [2, 3, 5]


def on_kafka(database: Database) -> dict[str, str]:
    """Nobody is asked to answer there: it is enough to write into the store."""
    return {"GUICHET_DATABASE": database.url, "GUICHET_STREAM": "kafka://127.0.0.1:9"}
