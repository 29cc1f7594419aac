from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.errors import BadInput
from feeds.subscriptions import (
    Cadence,
    ConsentRow,
    Said,
    SubscriberRow,
    SubscriptionRow,
    subscriber_at,
    unsubscribe,
)
from feeds.subscriptions.importing import BadLine, Line, Places, import_lines, read_lines
from tests.builders import SettableClock
from tests.feeds.building import PARIS, Press

HEAD = "address,topics,consent_at,consent_source,language,cadence,hour,weekday,district\n"
GOOD = """\
anne@citizens.example,voirie fete,2024-05-31,"Formulaire papier, classeur 3",en,daily,18,,
06 12 34 56 78,voirie,2024-05-31T10:00,Liste SMS 2024,,,,,
"""
BAD = """\
nobody,voirie,2024-05-31,x,,,,,
bela@citizens.example,culture,2024-05-31,x,,,,,
bela@citizens.example,voirie,,x,,,,,
bela@citizens.example,voirie,2099-01-01,x,,,,,
bela@citizens.example,voirie,2024-05-31,,,,,,
bela@citizens.example,voirie,2024-05-31,x,,hourly,,,
bela@citizens.example,voirie,2024-05-31,x,,daily,99,,
bela@citizens.example,voirie,2024-05-31,x,,,,,nord
bela@citizens.example
+33612345678,voirie,2024-05-31,x,,daily,,,
"""


@pytest.fixture
async def places(database: Database, clock: SettableClock) -> Places:
    press = Press(database, clock)
    await press.topic("voirie")
    await press.topic("fete")
    async with database.read() as session:
        return await Places.read(session, region="FR", language="fr", zone=PARIS)


def lines(text: str, places: Places, clock: SettableClock) -> list[Line | BadLine]:
    return list(read_lines((HEAD + text).splitlines(keepends=True), places, clock()))


async def imported(database: Database, clock: SettableClock, places: Places) -> list[BadLine]:
    good = [one for one in lines(GOOD, places, clock) if isinstance(one, Line)]
    async with database.begin() as session:
        return await import_lines(session, clock, PARIS, good)


async def test_a_list_is_taken_over_once_with_its_proof(
    database: Database, clock: SettableClock, places: Places
) -> None:
    assert await imported(database, clock, places) == []
    assert await imported(database, clock, places) == []
    async with database.read() as session:
        anne = await subscriber_at(session, "anne@citizens.example")
        assert anne is not None
        assert anne.language == "en"
        assert await subscriber_at(session, "+33612345678") is not None
        consents = list(await session.scalars(select(ConsentRow).order_by(ConsentRow.address)))
        rows = list(
            await session.scalars(
                select(SubscriptionRow).where(SubscriptionRow.subscriber_id == anne.id)
            )
        )
    assert len(consents) == 3
    assert consents[-1].source == "Formulaire papier, classeur 3"
    assert consents[0].said_at == datetime(2024, 5, 31, 8, tzinfo=UTC)
    assert {(row.cadence, row.hour) for row in rows} == {(Cadence.DAILY, 18)}
    assert rows[0].due_at == datetime(2026, 3, 9, 17, tzinfo=UTC)


async def test_bad_lines_are_told_with_their_numbers_and_stop_nothing(
    clock: SettableClock, places: Places
) -> None:
    found = lines(BAD + GOOD, places, clock)
    bad = [one for one in found if isinstance(one, BadLine)]
    assert [one.number for one in bad] == [*range(2, 12)]
    assert len({one.reason for one in bad}) >= 9
    assert len(found) - len(bad) == 2
    with pytest.raises(BadInput, match="consent_source"):
        list(read_lines(["address,topics,consent_at\n"], places, clock()))


async def test_who_has_unsubscribed_since_is_left_alone(
    database: Database, clock: SettableClock, places: Places
) -> None:
    await imported(database, clock, places)
    async with database.begin() as session:
        anne = await subscriber_at(session, "anne@citizens.example")
        assert anne is not None
        await unsubscribe(session, clock, anne, Said("one-click"))
    bad = await imported(database, clock, places)
    assert {one.number for one in bad} == {2}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(SubscriptionRow)) == 1
        assert await session.scalar(select(func.count()).select_from(SubscriberRow)) == 2
