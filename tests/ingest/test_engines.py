"""What every engine does, with a little handler instead of the rooms'."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens import CitizenRow
from core.blobs import Blobs
from core.clock import utc_now
from core.database import Database
from core.errors import BadInput, Later
from core.ids import derived_id
from ingest.events import Event, IntakeReceived
from ingest.models import IntakeRow, QuarantineRow, RetryRow, StreamRow
from ingest.quarantine import open_items, retry
from ingest.stream import publish
from tests.builders import SettableClock
from tests.ingest.digests import digests
from tests.ingest.engines import Embedded, Kind, OnKafka
from tests.ingest.witness import (
    LONGEST,
    Look,
    Witness,
    accept_all,
    names,
    no_retries,
    settled,
    until,
)

pytestmark = pytest.mark.parametrize(
    ("database", "kind"),
    [("sqlite", "embedded"), ("postgresql", "embedded"), ("postgresql", "kafka")],
    indirect=True,
)


@pytest.fixture
def kind(request: pytest.FixtureRequest, database: Database, clock: SettableClock) -> Kind:
    if request.param == "embedded":
        return Embedded(database, clock)
    return OnKafka(database, request.getfixturevalue("brokers"), clock)


async def test_every_event_has_its_effect_and_its_followers(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    keys = [f"{number:03}" for number in range(200)]
    await accept_all(database, blobs, clock, keys)
    witness = Witness(database)
    async with kind.running(witness.consumer):
        await until(database, settled)
    assert await names(database) == keys
    assert sorted(witness.handled) == keys
    async with database.read() as session:
        query = select(StreamRow).where(StreamRow.stream == "message.normalized")
        assert len((await session.scalars(query)).all()) == 200


async def test_one_bad_event_rolls_back_alone(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    keys = [f"{number:03}" for number in range(50)]
    await accept_all(database, blobs, clock, keys)

    def trouble(intake: IntakeRow) -> Exception | None:
        return BadInput("poison") if intake.key == "025" else None

    async with kind.running(Witness(database, trouble).consumer):
        await until(database, settled)
    assert await names(database) == [key for key in keys if key != "025"]
    async with database.read() as session:
        (item,) = await open_items(session)
    assert "poison" in item.error
    assert item.intake_id is not None


async def test_a_passing_failure_is_tried_again_when_it_is_due(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["a"])
    away = True
    witness = Witness(database, lambda _intake: RuntimeError("not yet") if away else None)

    def tried(times: int) -> Look:
        async def look(session: AsyncSession) -> bool:
            row = await session.scalar(select(RetryRow))
            return row is not None and row.attempts == times

        return look

    async with kind.running(witness.consumer):
        await until(database, tried(1))
        clock.advance(seconds=1)
        await until(database, tried(2))
        assert await names(database) == []
        away = False
        clock.advance(seconds=2)

        async def done(session: AsyncSession) -> bool:
            return await session.scalar(select(CitizenRow.name)) == "a"

        await until(database, done)
    async with database.read() as session:
        assert (await session.scalars(select(RetryRow))).all() == []


async def test_what_fails_every_time_ends_in_quarantine_and_can_be_retried(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["a"])
    broken = True
    witness = Witness(database, lambda _intake: RuntimeError("broken") if broken else None)

    async def quarantined(session: AsyncSession) -> bool:
        clock.advance(minutes=5)
        return await session.scalar(select(QuarantineRow.id)) is not None

    async with kind.running(witness.consumer):
        await until(database, quarantined)
        async with database.read() as session:
            (item,) = await open_items(session)
        assert item.attempts == 3
        broken = False
        async with database.begin() as session:
            await retry(session, clock, item.id)

        async def done(session: AsyncSession) -> bool:
            return await session.scalar(select(CitizenRow.name)) == "a"

        await until(database, done)
    async with database.read() as session:
        assert await open_items(session) == []


async def test_a_service_that_is_away_is_waited_for_without_end(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["a"])

    async def tried_often(session: AsyncSession) -> bool:
        clock.advance(minutes=5)
        row = await session.scalar(select(RetryRow))
        return row is not None and row.attempts > 5

    async with kind.running(Witness(database, lambda _intake: Later("away")).consumer):
        await until(database, tried_often)
    async with database.read() as session:
        assert await open_items(session) == []


async def test_a_later_event_of_the_same_key_does_not_overtake(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["first", "other"])
    async with database.begin() as session:
        first = (await session.scalars(select(StreamRow).order_by(StreamRow.seq))).first()
        assert first is not None
        again = Event.model_validate_json(first.event)
        later = again.model_copy(update={"id": derived_id(again.id, "later")})
        await publish(session, [later])
    order: list[UUID] = []
    failing = True

    class Ordered(Witness):
        async def handle(
            self, event: Event, session: AsyncSession, prepared: dict[UUID, IntakeRow]
        ) -> list[Event]:
            if event.id == again.id and failing:
                raise RuntimeError("not yet")
            order.append(event.id)
            return []

    async def both_wait_and_the_other_key_went_on(session: AsyncSession) -> bool:
        return len((await session.scalars(select(RetryRow))).all()) == 2 and bool(order)

    async with kind.running(Ordered(database).consumer):
        await until(database, both_wait_and_the_other_key_went_on)
        assert later.id not in order
        failing = False
        clock.advance(seconds=5)
        await until(database, no_retries)
    assert order.index(again.id) < order.index(later.id)


async def test_a_replay_from_the_beginning_changes_no_row(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, [str(number) for number in range(100)])
    witness = Witness(database)
    async with kind.running(witness.consumer):
        await kind.until_read()
        before = await effects(database)
        assert len(witness.handled) == 100
        await kind.rewind(witness.consumer)
        await kind.until_read()
    assert await effects(database) == before
    assert len(witness.handled) == 100


async def test_a_replay_leaves_what_is_in_quarantine_to_the_agents(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["bad"])
    poison = Witness(database, lambda _intake: BadInput("poison"))
    async with kind.running(poison.consumer):
        await kind.until_read()
        before = await effects(database)
        await kind.rewind(poison.consumer)
        await kind.until_read()
    assert await effects(database) == before


async def effects(database: Database) -> dict[str, tuple[int, str]]:
    """All but what the engines note for themselves."""
    found = await digests(database)
    return {table: found[table] for table in found if table not in ("cursors", "outbox")}


async def test_a_live_page_is_told_what_happens_from_now_on(
    database: Database, blobs: Blobs, clock: SettableClock, kind: Kind
) -> None:
    await accept_all(database, blobs, clock, ["before"])
    witness = Witness(database)
    heard: list[UUID] = []
    async with kind.running(witness.consumer) as engine:
        await kind.until_read()

        async def follow() -> None:
            async for events in engine.tail("intake.received"):
                heard.extend(IntakeReceived.of(event).intake_id for event in events)

        following = asyncio.create_task(follow())
        async with asyncio.timeout(LONGEST):
            while not heard:  # it takes a moment to begin
                await accept_all(database, blobs, clock, [f"after {len(witness.handled)}"])
                await asyncio.sleep(0.05)
        await accept_all(database, blobs, clock, ["last"])

        async def last_is_heard(session: AsyncSession) -> bool:
            last = await session.scalar(select(IntakeRow.id).where(IntakeRow.key == "last"))
            return last in heard

        await until(database, last_is_heard)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    async with database.read() as session:
        before = await session.scalar(select(IntakeRow.id).where(IntakeRow.key == "before"))
    assert before not in heard
    assert len(heard) == len({*heard})


async def test_operators_see_how_far_a_consumer_is_behind(
    database: Database, blobs: Blobs, kind: Kind
) -> None:
    a_minute_ago = SettableClock(utc_now() - timedelta(minutes=1))
    await accept_all(database, blobs, a_minute_ago, ["a", "bad", "c"])
    witness = Witness(database, lambda i: BadInput("poison") if i.key == "bad" else None)
    engine = kind.engine(witness.consumer)
    await engine.measure()
    assert measured("guichet_stream_lag") == 3
    assert 60 <= measured("guichet_stream_oldest_seconds") < 60 + LONGEST
    async with kind.running(witness.consumer):
        await kind.until_read()
    await engine.measure()  # what waits for an agent is counted elsewhere
    assert measured("guichet_stream_lag") == 0
    assert measured("guichet_stream_oldest_seconds") == 0


def measured(name: str) -> float:
    value = REGISTRY.get_sample_value(name, {"consumer": "witness"})
    assert value is not None
    return value
