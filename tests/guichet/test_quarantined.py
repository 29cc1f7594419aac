"""``guichet quarantine``: looking at it, and giving back one, many or all."""

import asyncio
from collections.abc import Sequence

import pytest

from core.database import Database
from ingest.events import Event
from tests.guichet.command import Command
from tests.guichet.ledgers import fill, give_up, in_retries


@pytest.fixture
async def command(database: Database, run: Command) -> Command:
    if database.is_sqlite:
        return run
    kafka = {"GUICHET_DATABASE": database.url, "GUICHET_STREAM": "kafka://127.0.0.1:9"}
    return Command(run.data, kafka)


async def _given_up(database: Database) -> Sequence[Event]:
    events = await fill(database)
    for event, consumer in zip(events, ("normalize", "normalize", "route"), strict=False):
        await give_up(database, event, consumer)
    return events


async def test_it_is_listed(database: Database, command: Command) -> None:
    await _given_up(database)
    everything = await asyncio.to_thread(command, "quarantine", "list")
    assert "3 in quarantine" in everything.output
    some = await asyncio.to_thread(command, "quarantine", "list", "--consumer", "route")
    assert "1 in quarantine" in some.output


async def test_one_consumer_and_then_all_are_given_back(
    database: Database, command: Command
) -> None:
    await _given_up(database)
    some = await asyncio.to_thread(command, "quarantine", "retry", "--consumer", "route")
    assert "1 will be tried again" in some.output
    assert await in_retries(database) == [("route", 3)]
    rest = await asyncio.to_thread(command, "quarantine", "retry", "--all")
    assert "2 will be tried again" in rest.output
    assert await in_retries(database) == [("normalize", 1), ("normalize", 2), ("route", 3)]
    none = await asyncio.to_thread(command, "quarantine", "retry", "--all")
    assert none.exit_code == 0
    assert "0 will be tried again" in none.output


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("01890a5d-0000-7000-8000-000000000000", "--all"),
        ("--consumer", "nobody"),
        ("01890a5d-0000-7000-8000-000000000000",),
    ],
)
def test_what_makes_no_sense_is_refused(run: Command, arguments: tuple[str, ...]) -> None:
    refused = run("quarantine", "retry", *arguments)
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
