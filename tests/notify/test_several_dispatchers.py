"""Several processes send from one store: each mail once and in order, whoever of them dies."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update
from structlog.testing import capture_logs

from cases import CaseEventRow
from core.database import Database
from core.ids import new_id
from ingest.models import StreamRow
from notify import Content, Delivery, DeliveryStatus, Dispatcher, Medium, ProviderId
from notify.models import DeliveryRow, DispatcherRow
from notify.presence import show, take_back
from notify.settling import settle
from notify.store import Due, Outcome, claim, read_due
from tests.notify.building import Desk, at_work, executed, settled, until
from tests.postgresql import on_postgresql

pytestmark = on_postgresql

THEM = new_id()
"""A dispatcher of another process."""
SLOW = "slow@c.example"


class Memory:
    """A sender that notes in a list, which others may share, what it sends."""

    name = "memory"
    medium = Medium.EMAIL

    def __init__(self, sent: list[Delivery] | None = None) -> None:
        self.sent = [] if sent is None else sent
        self.count = self.waiting = 0
        self.answer = asyncio.Event()
        """What goes to SLOW is taken when it is set."""
        self._random = Random(7)

    async def send(self, delivery: Delivery, _content: Content) -> ProviderId:
        if delivery.recipient == SLOW:
            self.waiting += 1
            await self.answer.wait()
            self.waiting -= 1
        await asyncio.sleep(self._random.random() / 200)
        self.sent.append(delivery)
        self.count += 1
        return ProviderId("taken")

    async def close(self) -> None:
        """There is nothing to let go of."""


@pytest.fixture
async def other(database: Database) -> AsyncIterator[Database]:
    """The same store, as another process has it."""
    other = Database(database.url)
    yield other
    await other.close()


async def test_two_send_everything_once_and_each_case_in_order(desk: Desk, other: Database) -> None:
    written = await four_mails_each(desk, cases=50)
    sent: list[Delivery] = []
    first, second = Memory(sent), Memory(sent)
    one = Dispatcher(desk.database, [first], desk.clock)
    another = Dispatcher(other, [second], desk.clock)
    async with desk.database.begin() as session:  # so that neither begins before the other
        await session.execute(
            update(DeliveryRow).values(due_at=desk.clock() + timedelta(seconds=1))
        )
    async with at_work(one), at_work(another):
        await until(lambda: both_are_seen(desk))
        desk.clock.advance(seconds=1)
        one.wake()
        another.wake()
        await until(lambda: settled(desk), within=60)
    assert Counter(mail.id for mail in sent) == Counter(row.id for row in written)
    assert min(first.count, second.count) > 0
    for recipient in {row.recipient for row in written}:
        told = [row.id for row in written if row.recipient == recipient]
        assert [mail.id for mail in sent if mail.recipient == recipient] == told
    rows = await desk.rows()
    assert {(row.attempts, row.in_doubt, row.claimed_by) for row in rows} == {(1, 0, None)}


async def test_what_a_dead_one_had_goes_out_again_once_it_is_not_seen_for_long(desk: Desk) -> None:
    due = await in_flight_elsewhere(desk)
    async with working(desk) as dispatcher:
        for _ in range(6):
            await later(desk, dispatcher, seconds=5)
            assert await is_in_flight(desk, due)
        await later(desk, dispatcher, seconds=10)
        await until(lambda: settled(desk))
        assert THEM not in await seen(desk)
    row = await row_of(desk, due)
    assert (row.status, row.in_doubt, row.attempts) == (DeliveryStatus.SENT, 1, 2)


async def test_what_one_has_that_is_still_seen_stays_its_own(desk: Desk) -> None:
    due = await in_flight_elsewhere(desk)
    async with working(desk) as dispatcher:
        await they_are_seen_for(desk, dispatcher, seconds=60)
    assert await is_in_flight(desk, due)
    assert THEM in await seen(desk)


@pytest.mark.parametrize(("ago", "goes_again"), [(29, False), (31, True)])
async def test_at_its_start_it_takes_back_what_the_dead_left(
    desk: Desk, ago: int, goes_again: bool
) -> None:
    due = await in_flight_elsewhere(desk)
    desk.clock.advance(seconds=ago)
    async with working(desk):
        await mail_goes_out(desk)
    row = await row_of(desk, due)
    assert (row.status, row.in_doubt) == (("sent", 1) if goes_again else ("in_flight", 0))


async def test_after_an_outage_it_lets_the_others_show_themselves_first(desk: Desk) -> None:
    due = await in_flight_elsewhere(desk)
    async with working(desk) as dispatcher:
        for _ in range(4):
            await later(desk, dispatcher, seconds=5)
        async with store_away(desk):
            desk.clock.advance(seconds=12)
            await notices(dispatcher)
        await later(desk, dispatcher)
        assert await is_in_flight(desk, due)
        await they_are_seen_for(desk, dispatcher, seconds=40)
        assert await is_in_flight(desk, due)


async def test_after_an_outage_it_shows_itself_before_it_sends(desk: Desk) -> None:
    async with working(desk) as dispatcher:
        await later(desk, dispatcher)
        async with store_away(desk):
            await notices(dispatcher)
            await execute(desk, "DELETE FROM dispatchers_away")
        await mail_goes_out(desk)
        assert await is_seen(desk)


async def test_when_the_store_stood_still_it_lets_the_others_show_themselves_first(
    desk: Desk,
) -> None:
    due = await in_flight_elsewhere(desk)
    async with working(desk) as dispatcher:
        await later(desk, dispatcher)
        await later(desk, dispatcher, seconds=40)
        for _ in range(5):
            await later(desk, dispatcher, seconds=5)
            assert await is_in_flight(desk, due)
        await later(desk, dispatcher, seconds=5)
        await until(lambda: settled(desk))
    assert (await row_of(desk, due)).in_doubt == 1


async def test_a_claim_whose_answer_was_lost_is_made_good(desk: Desk) -> None:
    """It was stored, but we never heard of it: nobody would send that one, as long as we live."""
    opened = await desk.open(sender_address=SLOW)
    await desk.tell(opened)
    desk.clock.advance(seconds=1)
    sender = Memory()
    async with working(desk, sender) as dispatcher:
        await until(lambda: sender.waiting == 1)
        await desk.tell(await desk.act(opened, "reply", text="Bonjour."))
        (ours,) = await seen(desk)
        waits = DeliveryRow.status == DeliveryStatus.QUEUED
        lost = {"status": DeliveryStatus.IN_FLIGHT, "claimed_by": ours}
        async with desk.database.begin() as session:
            await session.execute(update(DeliveryRow).where(waits).values(**lost))
        for _ in range(3):
            await later(desk, dispatcher, seconds=5)
        busy, again = [row for row in await desk.rows() if row.recipient == SLOW]
        assert (busy.status, busy.in_doubt) == (DeliveryStatus.IN_FLIGHT, 0)
        assert (again.status, again.in_doubt) == (DeliveryStatus.QUEUED, 1)
        sender.answer.set()
        await until(lambda: settled(desk))


@pytest.mark.parametrize("status", [DeliveryStatus.SENT, DeliveryStatus.FAILED])
@pytest.mark.parametrize("claimed_anew", [False, True])
async def test_who_lost_a_delivery_and_then_settles_it_changes_nothing(
    desk: Desk, status: DeliveryStatus, claimed_anew: bool
) -> None:
    due = await in_flight_elsewhere(desk)
    await take_all_back(desk)
    if claimed_anew:
        await in_flight(desk, new_id())
    before = as_told(await row_of(desk, due)), await written_down(desk)
    async with desk.database.begin() as session:
        now = desk.clock()
        await settle(session, [Outcome(due, status, now, now, error="550")], THEM)
    assert (as_told(await row_of(desk, due)), await written_down(desk)) == before


async def test_nobody_settles_what_another_one_has(desk: Desk) -> None:
    due, now = await in_flight_elsewhere(desk), desk.clock()
    async with desk.database.begin() as session:
        await settle(session, [Outcome(due, DeliveryStatus.SENT, now, now)], new_id())
    assert await is_in_flight(desk, due)


async def test_an_earlier_attempt_of_our_own_does_not_settle_a_later_one(desk: Desk) -> None:
    earlier, now = await in_flight_elsewhere(desk), desk.clock()
    await take_all_back(desk)
    [later] = await in_flight(desk, THEM)
    for due, counts in ((earlier, False), (later, True)):
        async with desk.database.begin() as session:
            await settle(session, [Outcome(due, DeliveryStatus.SENT, now, now)], THEM)
        assert await is_in_flight(desk, due) is not counts


async def test_what_was_taken_back_while_it_is_being_sent_is_not_sent_beside(desk: Desk) -> None:
    await desk.tell(await desk.open(sender_address=SLOW))
    sender = Memory()
    async with working(desk, sender) as dispatcher:
        await until(lambda: sender.waiting == 1)
        await take_all_back(desk)
        await later(desk, dispatcher, seconds=5)
        assert sender.waiting == 1
        sender.answer.set()
        await until(lambda: settled(desk))
    row = next(row for row in await desk.rows() if row.recipient == SLOW)
    assert (row.status, row.attempts, row.in_doubt) == (DeliveryStatus.SENT, 2, 1)


async def test_who_comes_second_to_a_delivery_does_not_wait_for_it(
    desk: Desk, other: Database
) -> None:
    await desk.tell(*[await desk.open() for _ in range(3)])
    dues = await read(desk)
    async with desk.database.begin() as first, asyncio.timeout(5):
        assert len(await claim(first, dues[:2], new_id())) == 2
        async with other.begin() as second:
            assert (await claim(second, dues[::-1], THEM)).keys() == {dues[2].delivery.id}


async def test_what_another_one_is_about_to_take_is_not_asked_for_without_a_pause(
    desk: Desk, other: Database
) -> None:
    await desk.tell(await desk.open())
    async with other.begin() as session:
        assert await claim(session, await read(desk), THEM)
        async with working(desk):
            with executed() as asked:
                await asyncio.sleep(0.5)
    assert len(asked) < 20


async def test_what_others_tried_since_it_was_read_is_left_to_its_new_time(desk: Desk) -> None:
    await desk.tell(await desk.open())
    read_before = await read(desk)
    [due] = await in_flight(desk, THEM)
    async with desk.database.begin() as session:
        now = desk.clock()
        put_back = Outcome(due, DeliveryStatus.QUEUED, now, now + timedelta(minutes=1))
        await settle(session, [put_back], THEM)
        assert not await claim(session, read_before, new_id())


async def test_a_stop_says_that_it_is_gone_and_each_run_is_another_one(desk: Desk) -> None:
    dispatcher = Dispatcher(desk.database, [Memory()], desk.clock)
    ids: set[UUID] = set()
    for _ in range(2):
        async with at_work(dispatcher):
            await until(lambda: is_seen(desk))
            ids |= (await seen(desk)).keys()
        assert await seen(desk) == {}
    assert len(ids) == 2


async def test_a_stop_while_the_store_is_away_is_a_stop(desk: Desk) -> None:
    async with store_away(desk), working(desk):
        await asyncio.sleep(0.1)


async def four_mails_each(desk: Desk, *, cases: int) -> list[DeliveryRow]:
    """Receipt, two replies and last word of so many cases, queued."""
    opened = [await desk.open(sender_address=f"{number}@c.example") for number in range(cases)]
    written = await desk.tell(*opened)
    for words in ("Nous regardons.", "Nous passons mardi.", None):
        desk.clock.advance(seconds=1)
        action, values = ("reply", {"text": words}) if words else ("close", {})
        written = await desk.tell(*[await desk.act(case, action, **values) for case in opened])
    assert len(written) == 4 * cases
    return written


async def in_flight_elsewhere(desk: Desk) -> Due:
    """A delivery that a dispatcher of another process, seen just now, has in flight."""
    await desk.tell(await desk.open())
    await they_are_seen(desk)
    [due] = await in_flight(desk, THEM)
    return due


async def in_flight(desk: Desk, by: UUID) -> list[Due]:
    dues = await read(desk)
    async with desk.database.begin() as session:
        assert len(await claim(session, dues, by)) == len(dues)
    return dues


async def take_all_back(desk: Desk) -> None:
    """As if no dispatcher had been seen for long."""
    now = desk.clock()
    never = now + timedelta(days=1)
    async with desk.database.begin() as session:
        await take_back(session, [Medium.EMAIL], now, by=new_id(), busy=[], seen_since=never)


async def read(desk: Desk) -> list[Due]:
    async with desk.database.read() as session:
        return await read_due(session, Medium.EMAIL, desk.clock(), 100)


@asynccontextmanager
async def working(desk: Desk, sender: Memory | None = None) -> AsyncIterator[Dispatcher]:
    dispatcher = Dispatcher(desk.database, [sender or Memory()], desk.clock, grace=1)
    async with at_work(dispatcher):
        yield dispatcher


@asynccontextmanager
async def store_away(desk: Desk) -> AsyncIterator[None]:
    """Nothing of what a dispatcher asks gets an answer."""
    tables = ("dispatchers", "deliveries")
    for table in tables:
        await execute(desk, f"ALTER TABLE {table} RENAME TO {table}_away")
    yield
    for table in tables:
        await execute(desk, f"ALTER TABLE {table}_away RENAME TO {table}")


async def notices(dispatcher: Dispatcher) -> None:
    """Until the dispatcher knows that the store is away."""
    with capture_logs() as logs:
        dispatcher.wake()
        await until(lambda: any(log["event"] == "dispatch.store_away" for log in logs))


async def execute(desk: Desk, statement: str) -> None:
    async with desk.database.begin() as session:
        await session.execute(text(statement))


async def later(desk: Desk, dispatcher: Dispatcher, *, seconds: int = 0) -> None:
    """Let time pass, and the dispatcher see to what is to be done by then."""
    desk.clock.advance(seconds=seconds)
    dispatcher.wake()
    await until(lambda: is_seen(desk))
    await mail_goes_out(desk)  # which comes after the rest


async def mail_goes_out(desk: Desk) -> None:
    address = f"{new_id()}@c.example"
    await desk.tell(await desk.open(sender_address=address))

    async def is_sent() -> bool:
        rows = [row for row in await desk.rows() if row.recipient == address]
        return all(row.status == DeliveryStatus.SENT for row in rows)

    await until(is_sent)


async def they_are_seen_for(desk: Desk, dispatcher: Dispatcher, *, seconds: int) -> None:
    for _ in range(seconds // 5):
        await they_are_seen(desk)
        await later(desk, dispatcher, seconds=5)


async def they_are_seen(desk: Desk) -> None:
    async with desk.database.begin() as session:
        await show(session, THEM, desk.clock())


async def is_seen(desk: Desk) -> bool:
    """Whether the dispatcher of this process has just shown itself."""
    return any(at == desk.clock() for one, at in (await seen(desk)).items() if one != THEM)


async def both_are_seen(desk: Desk) -> bool:
    return len(await seen(desk)) == 2


async def seen(desk: Desk) -> dict[UUID, datetime]:
    async with desk.database.read() as session:
        return {row.id: row.seen_at for row in await session.scalars(select(DispatcherRow))}


async def row_of(desk: Desk, due: Due) -> DeliveryRow:
    async with desk.database.read() as session:
        return await session.get_one(DeliveryRow, due.delivery.id)


async def is_in_flight(desk: Desk, due: Due) -> bool:
    return (await row_of(desk, due)).status == DeliveryStatus.IN_FLIGHT


def as_told(row: DeliveryRow) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in DeliveryRow.__table__.columns}


async def written_down(desk: Desk) -> tuple[int, int]:
    """How many events there are, and entries in the histories of cases."""
    async with desk.database.read() as session:
        events = await session.scalar(select(func.count()).select_from(StreamRow))
        entries = await session.scalar(select(func.count()).select_from(CaseEventRow))
    return events or 0, entries or 0
