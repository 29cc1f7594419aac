from typing import Any

import pytest
from sqlalchemy import select

from cases import CaseEventRow, CaseMessageRow, CaseRow, JoinedBy, QueueRow
from citizens import IdentityRow
from core.database import Database
from ingest.events import Event
from ingest.models import MessageRow
from router import Calendar, Routing
from tests.builders import SettableClock, is_ours, little_town, message_row, normalized, references


@pytest.fixture
async def routing(database: Database, clock: SettableClock) -> Routing:
    async with database.begin() as session:
        await little_town(session)
    calendar = Calendar("FR", "Europe/Paris")
    return Routing(
        database,
        clock,
        calendar,
        references(),
        is_ours=is_ours,
        main_mailbox="mairie@demo.example",
        language="fr",
    )


async def route(routing: Routing, database: Database, *messages: MessageRow) -> list[Event]:
    """Store the messages and route them as one batch."""
    async with database.begin() as session:
        session.add_all(messages)
    events = [normalized(message) for message in messages]
    prepared = await routing.prepare(events)
    following: list[Event] = []
    async with database.begin() as session:
        for event in events:
            following += await routing.handle(event, session, prepared)
    return following


async def cases(database: Database) -> list[CaseRow]:
    async with database.read() as session:
        return list(await session.scalars(select(CaseRow).order_by(CaseRow.id)))


async def joined(database: Database, message: MessageRow) -> CaseMessageRow:
    async with database.read() as session:
        return await session.get_one(CaseMessageRow, message.id)


async def test_a_first_message_opens_a_case(routing: Routing, database: Database) -> None:
    message = message_row(subject="Saturday", text="Is the town hall open on Saturday?")
    (event,) = await route(routing, database, message)
    (case,) = await cases(database)
    assert (case.subject, case.status, case.version) == ("Saturday", "new", 1)
    assert case.excerpt == "Is the town hall open on Saturday?"
    assert case.mailbox == "mairie@demo.example"
    assert case.due_at is not None
    assert (event.stream, event.subject) == ("case.changed", str(case.id))
    async with database.read() as session:
        (history,) = await session.scalars(select(CaseEventRow))
    assert (history.kind, history.sequence, history.public) == ("opened", 1, True)


async def test_the_rules_choose_the_queue_and_the_default_takes_the_rest(
    routing: Routing, database: Database
) -> None:
    await route(
        routing, database, message_row(subject="A pothole"), message_row(subject="A question")
    )
    async with database.read() as session:
        query = select(CaseRow.subject, QueueRow.slug).join(
            QueueRow, QueueRow.id == CaseRow.queue_id
        )
        assert dict((await session.execute(query)).all()) == {
            "A pothole": "voirie",
            "A question": "mairie",
        }


async def test_a_promised_reference_is_kept(routing: Routing, database: Database) -> None:
    await route(routing, database, message_row(reference="GU-7K3M-9QX1"))
    (case,) = await cases(database)
    assert case.reference == "GU-7K3M-9QX1"


@pytest.mark.parametrize("place", ["subject", "text", "quoted", "tag", "in_reply_to"])
async def test_a_reference_anywhere_finds_its_case(
    routing: Routing, database: Database, place: str
) -> None:
    await route(routing, database, message_row())
    (case,) = await cases(database)
    quoting: dict[str, dict[str, Any]] = {
        "subject": {"subject": f"RE: your request {case.reference}"},
        "text": {"text": f"about {case.reference.lower()} I forgot something"},
        "quoted": {"quoted": f"> reference {case.reference}"},
        "tag": {"recipients": [f"mairie+{case.reference.lower()}@demo.example"]},
        "in_reply_to": {"in_reply_to": [f"<{case.reference}.0190@guichet.example>"]},
    }
    second = message_row(sender_address="somebody.else@citizens.example", **quoting[place])
    await route(routing, database, second)
    assert len(await cases(database)) == 1
    assert (await joined(database, second)).joined_by == JoinedBy.REFERENCE


async def test_a_reply_to_a_known_message_joins_by_thread(
    routing: Routing, database: Database
) -> None:
    first = message_row()
    second = message_row(in_reply_to=["<unknown@x>", first.rfc_message_id])
    await route(routing, database, first)
    await route(routing, database, second)
    assert (await joined(database, second)).joined_by == JoinedBy.THREAD


async def test_a_reply_in_the_same_batch_finds_the_case_that_the_batch_opens(
    routing: Routing, database: Database
) -> None:
    first = message_row()
    second = message_row(in_reply_to=[first.rfc_message_id])
    await route(routing, database, first, second)
    (case,) = await cases(database)
    assert case.event_count == 2


async def test_the_same_text_by_another_way_is_one_case_with_two_arrivals(
    routing: Routing, database: Database
) -> None:
    text = "The street lamp in front of the school is broken."
    by_mail = message_row(text=text)
    by_web = message_row(text=f"  {text.upper()}\n", channel="web", rfc_message_id="")
    await route(routing, database, by_mail)
    await route(routing, database, by_web)
    assert len(await cases(database)) == 1
    assert (await joined(database, by_web)).joined_by == JoinedBy.DUPLICATE


async def test_the_same_text_by_the_same_way_is_somebody_who_asks_again(
    routing: Routing, database: Database
) -> None:
    text = "The street lamp in front of the school is broken."
    await route(routing, database, message_row(text=text), message_row(text=text))
    assert len(await cases(database)) == 2


async def test_the_same_mail_to_two_mailboxes_is_one_case(
    routing: Routing, database: Database
) -> None:
    same = {"rfc_message_id": "<same@x>", "subject": "Hello", "text": "Is anybody there?"}
    first = message_row(**same)
    second = message_row(**same, recipients=["voirie@demo.example"])
    await route(routing, database, first, second)
    assert len(await cases(database)) == 1
    assert (await joined(database, second)).joined_by == JoinedBy.DUPLICATE


async def test_an_unknown_reference_opens_a_new_case(routing: Routing, database: Database) -> None:
    await route(routing, database, message_row(subject="about GU-7K3M-9QX1"))
    (case,) = await cases(database)
    assert case.reference != "GU-7K3M-9QX1"


async def test_what_a_citizen_writes_brings_a_closed_case_back(
    routing: Routing, database: Database, clock: SettableClock
) -> None:
    first = message_row()
    await route(routing, database, first)
    async with database.begin() as session:
        case = (await session.scalars(select(CaseRow))).one()
        case.status, case.closed_at = "closed", clock()
    automatic = message_row(in_reply_to=[first.rfc_message_id], automatic="auto-reply")
    await route(routing, database, automatic)
    assert (await cases(database))[0].status == "closed"
    await route(routing, database, message_row(in_reply_to=[first.rfc_message_id]))
    (case,) = await cases(database)
    assert (case.status, case.closed_at) == ("new", None)


async def test_one_address_is_one_citizen(routing: Routing, database: Database) -> None:
    await route(routing, database, message_row(), message_row())
    await route(routing, database, message_row(), message_row(sender_address="paul@x.example"))
    async with database.read() as session:
        identities = (await session.scalars(select(IdentityRow.address))).all()
        owners = (await session.scalars(select(CaseRow.citizen_id).distinct())).all()
    assert sorted(identities) == ["jeanne@citizens.example", "paul@x.example"]
    assert len(owners) == 2


async def test_a_strangers_mail_under_the_same_message_id_is_a_case_of_its_own(
    routing: Routing, database: Database
) -> None:
    first = message_row(rfc_message_id="<same@citizens.example>", text="My street lamp is out.")
    other = message_row(
        rfc_message_id="<same@citizens.example>",
        sender_address="bob@citizens.example",
        text="My bin was not emptied.",
    )
    await route(routing, database, first)
    await route(routing, database, other)
    assert len(await cases(database)) == 2


async def test_a_short_mail_delivered_twice_is_one_case(
    routing: Routing, database: Database
) -> None:
    twins = [
        message_row(rfc_message_id="<one@citizens.example>", subject="Hi", text="Hi")
        for _ in range(2)
    ]
    await route(routing, database, *twins)
    assert len(await cases(database)) == 1
    assert (await joined(database, twins[1])).joined_by == JoinedBy.DUPLICATE


async def test_the_same_text_by_another_way_after_the_answer_asks_anew(
    routing: Routing, database: Database
) -> None:
    text = "The lamp in front of number 12 is out."
    await route(routing, database, message_row(text=text))
    async with database.begin() as session:
        (case,) = (await session.scalars(select(CaseRow))).all()
        case.status = "closed"
    await route(routing, database, message_row(text=text, channel="web", rfc_message_id=""))
    assert len(await cases(database)) == 2


async def test_a_reference_promised_to_a_twin_finds_the_case_that_it_joined(
    routing: Routing, database: Database
) -> None:
    text = "The lamp in front of number 12 is out."
    await route(routing, database, message_row(text=text))
    promised = references(start=7)()
    twin = message_row(text=text, channel="web", rfc_message_id="", reference=promised)
    later = message_row(text="Any news?", subject=f"Re: {promised}")
    await route(routing, database, twin)
    await route(routing, database, later)
    (case,) = await cases(database)
    assert (await joined(database, later)).case_id == case.id
    assert case.reference != promised


async def test_answers_come_from_our_own_mailboxes_alone(
    routing: Routing, database: Database
) -> None:
    others = ["someone@elsewhere.example", "postmaster", "voirie+x@demo.example"]
    await route(routing, database, message_row(recipients=others))
    await route(routing, database, message_row(recipients=["someone@elsewhere.example"]))
    assert [case.mailbox for case in await cases(database)] == [
        "voirie@demo.example",
        "mairie@demo.example",
    ]
