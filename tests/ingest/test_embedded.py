"""The engine, with little handlers of its own instead of the rooms'."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens import CitizenRow
from core.blobs import Blobs
from core.database import Database
from core.errors import BadInput, Later
from core.ids import derived_id
from ingest import Acceptance, ChannelName, Consumer, EmbeddedEngine
from ingest.embedded import rewind
from ingest.events import Event, IntakeReceived, MessageNormalized
from ingest.failures import BackOff, Failures
from ingest.handling import BATCH
from ingest.models import (
    CursorRow,
    IntakeRow,
    ProcessedRow,
    QuarantineRow,
    RetryRow,
    StreamRow,
)
from ingest.quarantine import open_items, retry
from tests.builders import NOON, SettableClock, arrival
from tests.ingest.digests import digests

Trouble = Callable[[IntakeRow], Exception | None]


class Witness:
    """Writes a citizen named after the intake's key, unless ``trouble`` has an objection."""

    def __init__(self, database: Database, trouble: Trouble = lambda _intake: None) -> None:
        self.database = database
        self.trouble = trouble
        self.handled: list[str] = []

    async def prepare(self, events: Sequence[Event]) -> dict[UUID, IntakeRow]:
        ids = [IntakeReceived.of(event).intake_id for event in events]
        async with self.database.read() as session:
            rows = await session.scalars(select(IntakeRow).where(IntakeRow.id.in_(ids)))
            return {row.id: row for row in rows}

    async def handle(
        self, event: Event, session: AsyncSession, prepared: dict[UUID, IntakeRow]
    ) -> list[Event]:
        intake = prepared[IntakeReceived.of(event).intake_id]
        name = str(intake.facts.get("name", intake.key))
        session.add(CitizenRow(id=derived_id(intake.id, "c"), name=name, created_at=NOON))
        if problem := self.trouble(intake):
            raise problem
        self.handled.append(name)
        data = MessageNormalized(message_id=intake.id, channel=ChannelName.EMAIL)
        return [event.follow(data, key=intake.id)]


@asynccontextmanager
async def running(
    database: Database, witness: Witness, clock: SettableClock
) -> AsyncIterator[EmbeddedEngine]:
    consumers = [Consumer("witness", "intake.received", witness)]
    engine = EmbeddedEngine(database, consumers, Failures(clock, BackOff(attempts=3)))
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(database: Database, condition: Callable[[AsyncSession], object]) -> None:
    """Wait until an asynchronous look at the store is true."""
    async with asyncio.timeout(10):
        while True:
            async with database.read() as session:
                if await condition(session):  # type: ignore[misc]
                    return
            await asyncio.sleep(0.01)


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(await session.scalars(select(CitizenRow.name)))


def caught_up(count: int) -> Callable[[AsyncSession], object]:
    async def look(session: AsyncSession) -> bool:
        last = select(StreamRow.seq).where(StreamRow.stream == "intake.received")
        seqs = (await session.scalars(last.order_by(StreamRow.seq))).all()
        cursor = await session.scalar(select(CursorRow.seq))
        return len(seqs) == count and cursor == seqs[-1]

    return look


async def no_retries(session: AsyncSession) -> bool:
    return await session.scalar(select(func.count()).select_from(RetryRow)) == 0


async def accept_all(
    database: Database, blobs: Blobs, clock: SettableClock, keys: Sequence[str]
) -> None:
    acceptance = Acceptance(database, blobs, clock)
    for key in keys:
        await acceptance.accept(arrival(key))


async def test_every_event_has_its_effect_and_its_followers(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    keys = [f"{number:03}" for number in range(200)]
    await accept_all(database, blobs, clock, keys)
    witness = Witness(database)
    async with running(database, witness, clock):
        await until(database, caught_up(200))
    assert await names(database) == keys
    assert witness.handled == keys
    async with database.read() as session:
        query = select(StreamRow).where(StreamRow.stream == "message.normalized")
        assert len((await session.scalars(query)).all()) == 200


async def test_one_bad_event_rolls_back_alone(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    keys = [f"{number:03}" for number in range(50)]
    await accept_all(database, blobs, clock, keys)

    def trouble(intake: IntakeRow) -> Exception | None:
        return BadInput("poison") if intake.key == "025" else None

    async with running(database, Witness(database, trouble), clock):
        await until(database, caught_up(50))
    assert await names(database) == [key for key in keys if key != "025"]
    async with database.read() as session:
        (item,) = await open_items(session)
    assert "poison" in item.error
    assert item.intake_id is not None


async def test_a_passing_failure_is_tried_again_when_it_is_due(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["a"])
    away = True
    witness = Witness(database, lambda _intake: RuntimeError("not yet") if away else None)

    def tried(times: int) -> Callable[[AsyncSession], object]:
        async def look(session: AsyncSession) -> bool:
            row = await session.scalar(select(RetryRow))
            return row is not None and row.attempts == times

        return look

    async with running(database, witness, clock):
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
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["a"])
    broken = True
    witness = Witness(database, lambda _intake: RuntimeError("broken") if broken else None)

    async def quarantined(session: AsyncSession) -> bool:
        clock.advance(minutes=5)
        return await session.scalar(select(QuarantineRow.id)) is not None

    async with running(database, witness, clock):
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
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["a"])

    async def tried_often(session: AsyncSession) -> bool:
        clock.advance(minutes=5)
        row = await session.scalar(select(RetryRow))
        return row is not None and row.attempts > 5

    async with running(database, Witness(database, lambda _intake: Later("away")), clock):
        await until(database, tried_often)
    async with database.read() as session:
        assert await open_items(session) == []


async def test_a_later_event_of_the_same_key_does_not_overtake(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["first", "other"])
    async with database.begin() as session:
        first = (await session.scalars(select(StreamRow).order_by(StreamRow.seq))).first()
        assert first is not None
        again = Event.model_validate_json(first.event)
        later = again.model_copy(update={"id": derived_id(again.id, "later")})
        session.add(
            StreamRow(
                id=later.id, stream=first.stream, key=first.key, event=later.model_dump_json()
            )
        )
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

    async def waits(session: AsyncSession) -> bool:
        return len((await session.scalars(select(RetryRow))).all()) == 2

    async with running(database, Ordered(database), clock):
        await until(database, waits)
        assert later.id not in order
        assert len(order) >= 1  # the other key went on
        failing = False
        clock.advance(seconds=5)

        async def done(session: AsyncSession) -> bool:
            return (await session.scalars(select(RetryRow))).first() is None

        await until(database, done)
    assert order.index(again.id) < order.index(later.id)


async def test_a_replay_from_the_beginning_changes_no_row(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, [str(number) for number in range(100)])
    witness = Witness(database)
    async with running(database, witness, clock):
        await until(database, caught_up(100))
        before = await digests(database)
        await rewind(database, [Consumer("witness", "intake.received", witness)])
        await until(database, caught_up(100))
    assert await digests(database) == before


async def test_a_live_page_is_told_what_happens_from_now_on(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["before"])
    async with running(database, Witness(database), clock) as engine:
        await until(database, caught_up(1))
        tail = engine.tail("intake.received")
        following = asyncio.ensure_future(anext(tail))
        await asyncio.sleep(0)
        await accept_all(database, blobs, clock, ["after"])
        (event,) = await asyncio.wait_for(following, 5)
    async with database.read() as session:
        intake = await session.get_one(IntakeRow, IntakeReceived.of(event).intake_id)
    assert intake.key == "after"


async def test_a_retry_does_not_carry_the_cursor_past_what_a_replay_has_yet_to_reach(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    keys = [f"{number:03}" for number in range(2 * BATCH)]
    await accept_all(database, blobs, clock, keys)
    stumbles = Witness(database, lambda i: Later("away") if i.key == keys[-1] else None)
    async with running(database, stumbles, clock):
        await until(database, caught_up(len(keys)))
    async with database.begin() as session:  # as operations.md has it: their effect is undone
        await session.execute(delete(ProcessedRow))
        await session.execute(delete(CitizenRow))
    again = Witness(database)
    await rewind(database, [Consumer("witness", "intake.received", again)])
    clock.advance(hours=1)
    async with running(database, again, clock):
        await until(database, caught_up(len(keys)))
        await until(database, no_retries)
    assert sorted(await names(database)) == keys


async def test_a_cursor_is_never_moved_forward_by_a_replay(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["one"])
    witness = Witness(database)
    async with running(database, witness, clock):
        await until(database, caught_up(1))
    await rewind(database, [Consumer("witness", "intake.received", witness)], seq=999)
    await accept_all(database, blobs, clock, ["two"])
    async with running(database, witness, clock):
        await until(database, caught_up(2))
    assert witness.handled == ["one", "two"]


async def test_a_replay_leaves_what_is_in_quarantine_to_the_agents(
    database: Database, blobs: Blobs, clock: SettableClock
) -> None:
    await accept_all(database, blobs, clock, ["bad"])
    poison = Witness(database, lambda _intake: BadInput("poison"))
    async with running(database, poison, clock):
        await until(database, caught_up(1))
    before = await digests(database)
    await rewind(database, [Consumer("witness", "intake.received", poison)])
    async with running(database, poison, clock):
        await until(database, caught_up(1))
    assert await digests(database) == before
