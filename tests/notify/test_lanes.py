"""Several providers: who goes first, how fast, and who takes what another cannot."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from cases import CaseEventRow
from cases.audit import AuditRow
from core.errors import Refused
from core.settings import Settings
from notify import (
    Content,
    Delivery,
    DeliveryStatus,
    Dispatcher,
    Limits,
    Medium,
    Priority,
    limits_of,
)
from notify.dispatch.lanes import Lane
from notify.dispatch.rates import Bucket
from notify.models import DeliveryRow
from notify.senders.contract import Declined, Gone, ProviderId, Unreachable
from notify.suppressions import lift_suppression, suppress, suppression
from tests.builders import SettableClock
from tests.notify.building import Desk, at_work, settled, until
from tests.postgresql import on_sqlite


class Provider:
    """Takes what it is given, or raises what it is told to."""

    def __init__(self, name: str, medium: Medium = Medium.EMAIL) -> None:
        self.name = name
        self.medium = medium
        self.sent: list[str] = []
        self.problem: Exception | None = None
        self.open = asyncio.Event()
        self.open.set()

    async def send(self, delivery: Delivery, _content: Content) -> ProviderId:
        await self.open.wait()
        if self.problem is not None:
            raise self.problem
        self.sent.append(delivery.recipient)
        return ProviderId("taken")

    async def close(self) -> None:
        """There is nothing to let go of."""


def test_a_rate_is_waited_for_and_no_longer(clock: SettableClock) -> None:
    """Once it lets the next one go, who asks is not told to wait for news that may never come."""
    lane = Lane(Provider("one"), Limits(connections=2, per_second=10))
    while lane.free(clock()):
        lane.take()
        lane.done()
        lane.begin_step()
    assert lane.wait(clock()) == pytest.approx(0.1)
    clock.advance(seconds=0.2)
    assert lane.wait(clock()) == 0
    lane.take()
    lane.take()
    assert lane.wait(clock()) is None  # it is full: the next answer is news


async def queued(desk: Desk, *names: str, **values: object) -> None:
    """A delivery to each, with these values."""
    addresses = [f"{name}@c.example" for name in names]
    await desk.tell(*[await desk.open(sender_address=one) for one in addresses])
    if values:
        async with desk.database.begin() as session:
            theirs = DeliveryRow.recipient.in_(addresses)
            await session.execute(update(DeliveryRow).where(theirs).values(**values))


@on_sqlite
async def test_what_is_urgent_overtakes_what_was_read_before_it(desk: Desk) -> None:
    await queued(desk, *"abcdefgh", priority=Priority.BULK)
    provider = Provider("one")
    provider.open.clear()
    async with at_work(Dispatcher(desk.database, [provider], desk.clock, connections=1)):
        await until(lambda: in_flight(desk))
        await queued(desk, "urgent", priority=Priority.URGENT)
        await asyncio.sleep(0.25)  # news is looked at every fifth of a second
        provider.open.set()
        await until(lambda: settled(desk))
    assert "urgent@c.example" in provider.sent[:2]


@on_sqlite
async def test_a_case_goes_before_a_campaign_and_a_campaign_before_a_digest(desk: Desk) -> None:
    for name, priority in (("d", Priority.DIGEST), ("b", Priority.BULK), ("c", Priority.CASE)):
        await queued(desk, name, priority=priority)
    provider = Provider("one")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock, connections=1)):
        await until(lambda: settled(desk))
    assert [one[0] for one in provider.sent] == ["c", "b", "d"]


@on_sqlite
async def test_what_has_expired_is_not_sent_and_its_case_hears_of_it(desk: Desk) -> None:
    await queued(desk, "late", expires_at=desk.clock() + timedelta(hours=1))
    desk.clock.advance(hours=2)
    provider = Provider("one")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock)):
        await until(lambda: settled(desk))
    assert (await desk.row()).status == DeliveryStatus.EXPIRED
    assert provider.sent == []
    async with desk.database.read() as session:
        kinds = list(await session.scalars(select(CaseEventRow.kind)))
    assert kinds.count("delivery_failed") == 1


@on_sqlite
async def test_what_would_be_tried_again_too_late_expires(desk: Desk) -> None:
    await queued(desk, "a", expires_at=desk.clock() + timedelta(seconds=3))
    provider = Provider("one")
    provider.problem = Unreachable("away")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.last_error) == (DeliveryStatus.EXPIRED, "away")


@on_sqlite
async def test_another_provider_takes_over_while_the_first_is_away_for_long(desk: Desk) -> None:
    first, second = Provider("first"), Provider("second")
    first.problem = Unreachable("busy", retry_after=600)
    await queued(desk, "a", "b")
    dispatcher = Dispatcher(desk.database, [first, second], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: settled(desk))
        assert (len(first.sent), len(second.sent)) == (0, 2)
        assert all(row.failed_over and row.sender == "second" for row in await desk.rows())
        first.problem = None
        desk.clock.advance(seconds=601)
        await queued(desk, "c")
        await until(lambda: settled(desk))
    assert first.sent == ["c@c.example"]


@on_sqlite
async def test_a_moment_is_waited_out(desk: Desk) -> None:
    first, second = Provider("first"), Provider("second")
    first.problem = Unreachable("a hiccup")
    await queued(desk, "a")
    dispatcher = Dispatcher(desk.database, [first, second], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: tried(desk))
        first.problem = None
        desk.clock.advance(seconds=6)
        dispatcher.wake()
        await until(lambda: settled(desk))
    assert (first.sent, second.sent) == (["a@c.example"], [])


@on_sqlite
async def test_what_one_declines_for_its_own_reasons_another_one_may_take(desk: Desk) -> None:
    first, second = Provider("first"), Provider("second")
    first.problem = Declined("550 5.7.1 we do not like you")
    await queued(desk, "a")
    async with at_work(Dispatcher(desk.database, [first, second], desk.clock)):
        await until(lambda: settled(desk))
    row = await desk.row()
    assert (row.status, row.failed_over) == (DeliveryStatus.SENT, True)
    second.problem = Refused("554 nor do we")
    await queued(desk, "b")
    async with at_work(Dispatcher(desk.database, [first, second], desk.clock)):
        await until(lambda: settled(desk))
    errors = {row.recipient[0]: row.last_error for row in await desk.rows()}
    assert errors == {"a": "", "b": "554 nor do we"}


@on_sqlite
async def test_an_sms_in_doubt_waits_for_the_provider_that_may_have_it(desk: Desk) -> None:
    first, second = Provider("first", Medium.SMS), Provider("second", Medium.SMS)
    first.problem = Unreachable("away", retry_after=600)
    await queued(desk, "a", medium=Medium.SMS, in_doubt=1, sender="first")
    dispatcher = Dispatcher(desk.database, [first, second], desk.clock)
    async with at_work(dispatcher):
        await until(lambda: tried(desk))
        first.problem = None
        desk.clock.advance(seconds=601)
        dispatcher.wake()
        await until(lambda: settled(desk))
    assert (len(first.sent), len(second.sent)) == (1, 0)


@on_sqlite
async def test_who_declined_it_is_asked_again_when_no_other_is_left(desk: Desk) -> None:
    provider = Provider("first")
    await queued(desk, "a", declined_by="first")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock)):
        await until(lambda: settled(desk))
    assert provider.sent == ["a@c.example"]


@on_sqlite
async def test_a_full_lane_holds_up_no_other_medium(desk: Desk) -> None:
    mails, texts = Provider("mails"), Provider("texts", Medium.SMS)
    mails.open.clear()
    await queued(desk, "a", "b", "c")
    await queued(desk, "d", medium=Medium.SMS)
    limits = {"mails": Limits(connections=1)}
    async with at_work(Dispatcher(desk.database, [mails, texts], desk.clock, limits=limits)):
        await until(lambda: texts.sent == ["d@c.example"])
        mails.open.set()
        await until(lambda: settled(desk))


@on_sqlite
async def test_a_provider_gets_so_many_a_second_and_no_more(desk: Desk) -> None:
    await queued(desk, *"abcdef")
    provider = Provider("one")
    limits = {"one": Limits(connections=4, per_second=2)}
    dispatcher = Dispatcher(desk.database, [provider], desk.clock, limits=limits)
    async with at_work(dispatcher):
        await until(lambda: len(provider.sent) == 1)
        for sent in (2, 3, 4):
            desk.clock.advance(seconds=0.5)
            dispatcher.wake()
            await until(lambda sent=sent: len(provider.sent) == sent)  # type: ignore[misc]
        await asyncio.sleep(0.05)
        assert len(provider.sent) == 4


@pytest.mark.parametrize(("rate", "sharers", "within"), [(10, 1, 11), (50, 1, 55), (100, 4, 28)])
def test_within_a_second_go_a_tenth_more_at_most(rate: float, sharers: int, within: int) -> None:
    bucket, clock, taken = Bucket(rate), SettableClock(), 0
    bucket.share(sharers)
    clock.advance(hours=1)
    for _ in range(1001):
        while bucket.has(clock()):
            bucket.take()
            taken += 1
        clock.advance(milliseconds=1)
    assert 0.9 * rate / sharers <= taken <= within


@on_sqlite
async def test_where_there_is_no_mailbox_nothing_more_is_sent(desk: Desk) -> None:
    provider = Provider("one")
    provider.problem = Gone("550 5.1.1 no such user")
    await queued(desk, "gone")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock)):
        await until(lambda: settled(desk))
        provider.problem = None
        await queued(desk, "gone", "here")
        await until(lambda: settled(desk))
    states = [(row.recipient[:4], row.status) for row in await desk.rows()]
    assert sorted(states) == [("gone", "failed"), ("gone", "suppressed"), ("here", "sent")]
    async with desk.database.read() as session:
        reason = await suppression(session, "Gone@c.example", Medium.EMAIL)
    assert reason == "550 5.1.1 no such user"


async def in_flight(desk: Desk) -> bool:
    return any(row.status == DeliveryStatus.IN_FLIGHT for row in await desk.rows())


async def tried(desk: Desk) -> bool:
    return any(row.last_error for row in await desk.rows())


@on_sqlite
async def test_an_agent_may_write_to_the_address_again_and_the_audit_trail_knows(
    desk: Desk,
) -> None:
    address = "gone@c.example"
    async with desk.database.begin() as session:
        await suppress(
            session,
            desk.clock,
            address=address,
            medium=Medium.EMAIL,
            reason="550",
            delivery_id=None,
        )
        await session.flush()
        await lift_suppression(
            session, desk.clock, desk.agent, address=address, medium=Medium.EMAIL
        )
    await queued(desk, "gone")
    provider = Provider("one")
    async with at_work(Dispatcher(desk.database, [provider], desk.clock)):
        await until(lambda: settled(desk))
    assert provider.sent == [address]
    async with desk.database.read() as session:
        actions = list(await session.scalars(select(AuditRow.action)))
    assert sorted(actions) == ["address.allowed", "address.suppressed"]


def test_a_provider_that_answers_slowly_gets_its_whole_rate_all_the_same(
    settings: Settings,
) -> None:
    many = settings.model_copy(update={"sending_per_second": {"twilio": 280.0}})
    senders = [Provider("twilio", Medium.SMS), Provider("apprise", Medium.SMS)]
    limits = limits_of(many, senders)
    assert limits["twilio"] == Limits(connections=70, per_second=280.0)
    assert limits["apprise"] == Limits(connections=8)
