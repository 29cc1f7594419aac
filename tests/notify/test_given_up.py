"""A delivery that is given up is written into its case, for the agents to see."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update

from cases import CaseEventRow, CaseRow, track_case
from core.ids import new_id
from ingest.events import CaseChanged, Event
from ingest.models import StreamRow
from notify import DeliveryStatus, Dispatcher, Medium, Outbox, Smtp
from notify.models import DeliveryRow
from notify.settling import settle
from notify.store import Due, Outcome, claim, read_due
from tests.notify.building import Desk, at_work, executed, settled, until
from tests.notify.sink import Sink

US = new_id()


async def test_a_refused_mail_is_told_in_its_case_and_published(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    opened = await desk.open()
    await desk.tell(opened)
    sink.to_recipients.append("550 5.1.1 No such user")
    async with at_work(Dispatcher(desk.database, [smtp], desk.clock)):
        await until(lambda: settled(desk))
    (told,) = await failures(desk)
    assert told.case_id == UUID(opened.subject)
    assert told.data == {
        "kind": "receipt",
        "recipient": "jeanne@citizens.example",
        "reason": "550 5.1.1 No such user",
    }
    assert (told.actor_kind, told.sequence, told.at) == ("system", 2, desk.clock())
    (published,) = await published_failures(desk)
    assert (published.id, published.subject) == (told.id, opened.subject)
    assert CaseChanged.of(published).sequence == told.sequence


async def test_the_citizen_does_not_read_it_and_no_version_is_bumped(desk: Desk) -> None:
    opened = await desk.open()
    await give_up(desk, await in_flight(desk, opened))
    async with desk.database.read() as session:
        case = await session.get_one(CaseRow, UUID(opened.subject))
        tracked = await track_case(session, case.reference)
    assert (case.version, case.event_count) == (1, 2)
    assert tracked is not None
    assert [row.kind for row in tracked.events] == ["opened"]


async def test_giving_up_twice_is_told_once(desk: Desk) -> None:
    [due] = await in_flight(desk, await desk.open())
    await give_up(desk, [due])
    await give_up(desk, [due])
    assert len(await failures(desk)) == 1
    assert len(await published_failures(desk)) == 1


async def test_giving_up_twice_in_one_transaction_is_told_once(desk: Desk) -> None:
    outcomes = [failed(due) for due in await in_flight(desk, await desk.open())]
    async with desk.database.begin() as session:
        await settle(session, outcomes * 2, US)
        await settle(session, outcomes, US)
    assert len(await failures(desk)) == 1


async def test_what_was_sent_meanwhile_is_not_told_as_failed(desk: Desk) -> None:
    [due] = await in_flight(desk, await desk.open())
    sent = Outcome(due, DeliveryStatus.SENT, desk.clock(), desk.clock())
    async with desk.database.begin() as session:
        await settle(session, [sent], US)
    await give_up(desk, [due])
    assert (await desk.row()).status == DeliveryStatus.SENT
    assert await failures(desk) == []


async def test_it_is_told_in_the_very_transaction_or_not_at_all(desk: Desk) -> None:
    [due] = await in_flight(desk, await desk.open())
    async with desk.database.begin() as session:
        await settle(session, [failed(due)], US)
        await session.flush()
        await session.rollback()
    assert (await desk.row()).status == DeliveryStatus.IN_FLIGHT
    assert await failures(desk) == []
    assert await published_failures(desk) == []


async def test_two_failures_of_one_case_follow_each_other(desk: Desk) -> None:
    opened = await desk.open()
    await desk.tell(opened, await desk.act(opened, "reply", text="Bonjour."))
    async with desk.database.begin() as session:  # to one and the same they go in turn
        reply = DeliveryRow.subject.startswith("Re:")
        await session.execute(update(DeliveryRow).where(reply).values(recipient="b@c.example"))
    await give_up(desk, await in_flight(desk))
    assert [row.sequence for row in await failures(desk)] == [3, 4]
    assert {row.data["kind"] for row in await failures(desk)} == {"receipt", "reply"}


async def test_the_cases_of_many_failures_are_read_in_one_query(desk: Desk) -> None:
    dues = await in_flight(desk, *[await desk.open() for _ in range(10)])
    with executed() as asked:
        await give_up(desk, dues)
    assert len(await failures(desk)) == 10
    assert len([statement for statement in asked if "JOIN cases" in statement]) == 1
    assert len(asked) < 10


async def test_nobody_is_notified_that_a_notification_failed(desk: Desk) -> None:
    await give_up(desk, await in_flight(desk, await desk.open()))
    told = await published_failures(desk)
    assert await desk.consume(desk.notifications(), told) == []
    assert len(await desk.rows()) == 1


async def test_a_reply_that_no_mail_can_carry_is_not_lost_in_silence(desk: Desk) -> None:
    """An agent answers somebody whose address is none, as broken headers leave them."""
    opened = await desk.open(sender_address="zoe @exemple.example")
    replied = await desk.act(opened, "reply", text="Nous passons mardi.")
    await desk.tell(opened, replied)
    async with at_work(Dispatcher(desk.database, [Outbox()], desk.clock)):
        await until(lambda: settled(desk))
    (told,) = await failures(desk)
    assert told.data == {
        "kind": "reply",
        "recipient": "zoe @exemple.example",
        "reason": "not a mail address: zoe @exemple.example",
    }


async def in_flight(desk: Desk, *changes: Event) -> list[Due]:
    """The deliveries of these changes, marked as the dispatcher marks them."""
    await desk.tell(*changes)
    async with desk.database.read() as session:
        dues = await read_due(session, Medium.EMAIL, desk.clock(), 100)
    async with desk.database.begin() as session:
        await claim(session, dues, US)
    return dues


async def give_up(desk: Desk, dues: Sequence[Due]) -> None:
    async with desk.database.begin() as session:
        await settle(session, [replace(failed(due), at=desk.clock()) for due in dues], US)


def failed(due: Due) -> Outcome:
    at = due.delivery.created_at
    return Outcome(due, DeliveryStatus.FAILED, at, at, error="550 5.1.1 No such user")


async def failures(desk: Desk) -> Sequence[CaseEventRow]:
    query = select(CaseEventRow).where(CaseEventRow.kind == "delivery_failed")
    async with desk.database.read() as session:
        return (await session.scalars(query.order_by(CaseEventRow.sequence))).all()


async def published_failures(desk: Desk) -> list[Event]:
    query = select(StreamRow.event).where(StreamRow.stream == "case.changed")
    async with desk.database.read() as session:
        events = map(Event.model_validate_json, await session.scalars(query))
        return [event for event in events if event.data["change"] == "delivery_failed"]
