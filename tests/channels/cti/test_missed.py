"""A missed call becomes a case in the queue whose number it was; on both kinds of store."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from cases import (
    CallbackRow,
    CaseEventRow,
    CaseRow,
    CaseStatus,
    QueueRow,
    Role,
    create_agent,
    create_rule,
)
from cases.agents import set_extension
from cases.calls import CallReport
from cases.models import CallRow
from cases.queues import set_queue_phone
from channels.cti import CallLinks, Calls
from core.database import Database
from ingest.events import Event, MessageNormalized
from ingest.models import StreamRow
from router import Calendar, Routing
from tests.builders import NOON, SettableClock, is_ours, little_town, references
from tests.channels.cti.exchange import CITIZEN, VOIRIE

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For what no store makes a difference to."""
_new_reference = references()
AGENT = "karim@demo.example"


@pytest.fixture
async def taking(database: Database, clock: SettableClock) -> Calls:
    """Two queues; ``voirie`` has a number, its only agent the extension 202."""
    async with database.begin() as session:
        town = await little_town(session)
        await set_queue_phone(session, "voirie", VOIRIE)
        await create_agent(
            session,
            email=AGENT,
            name="Karim",
            password="a long enough one",
            roles=[Role.HANDLER],
            queue_ids=[town.queues["voirie"].id],
        )
        await set_extension(session, AGENT, "202")
    return Calls(database, clock, language="en")


def report(event: Any, seconds: float = 0, key: str = "call-1", **more: str) -> CallReport:
    told = {"caller": CITIZEN, "callee": VOIRIE, **more}
    return CallReport(
        exchange="pbx", key=key, event=event, at=NOON + timedelta(seconds=seconds), **told
    )


async def miss(taking: Calls, key: str = "call-1", seconds: float = 0, **more: str) -> None:
    await taking.take(report("started", seconds, key, **more))
    await taking.take(report("ended", seconds + 20, key, **more))


async def work(database: Database, clock: SettableClock) -> None:
    """Route what missed calls have left, and link the calls with their cases."""
    routing = Routing(
        database,
        clock,
        Calendar("FR", "Europe/Paris"),
        _new_reference,
        is_ours=is_ours,
        main_mailbox="mairie@demo.example",
        language="en",
    )
    async with database.read() as session:
        filed = select(CaseEventRow.message_id).where(CaseEventRow.message_id.is_not(None))
        done = set(await session.scalars(filed))
        left = select(StreamRow.event).where(StreamRow.stream == MessageNormalized.stream)
        told = map(Event.model_validate_json, await session.scalars(left.order_by(StreamRow.seq)))
        events = [one for one in told if MessageNormalized.of(one).message_id not in done]
    changes = await handled(database, routing, events)
    await handled(database, CallLinks(database, tomorrow), changes)


def tomorrow(at: datetime) -> datetime:
    return at + timedelta(days=1)


async def handled(database: Database, handler: Any, events: Sequence[Event]) -> list[Event]:
    prepared = await handler.prepare(events)
    following: list[Event] = []
    async with database.begin() as session:
        for event in events:
            following += await handler.handle(event, session, prepared)
    return following


async def cases(database: Database) -> list[tuple[CaseRow, str, list[str]]]:
    """Each with its queue and what has happened to it."""
    async with database.read() as session:
        rows = (
            await session.execute(
                select(CaseRow, QueueRow.slug)
                .join(QueueRow, QueueRow.id == CaseRow.queue_id)
                .order_by(CaseRow.id)
            )
        ).all()
        return [
            (
                case,
                queue,
                list(
                    await session.scalars(
                        select(CaseEventRow.kind)
                        .where(CaseEventRow.case_id == case.id)
                        .order_by(CaseEventRow.sequence)
                    )
                ),
            )
            for case, queue in rows
        ]


async def the_call(database: Database, key: str = "call-1") -> CallRow:
    async with database.read() as session:
        return (await session.scalars(select(CallRow).where(CallRow.key == key))).one()


async def tasks(database: Database) -> list[Any]:
    """To call back: number, case, by when, and what came of it."""
    query = select(CallbackRow.phone, CallbackRow.case_id, CallbackRow.due_at, CallbackRow.outcome)
    async with database.read() as session:
        return list((await session.execute(query)).all())


async def test_it_opens_a_case_in_the_queue_of_the_number(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await miss(taking)
    await work(database, clock)
    ((case, queue, kinds),) = await cases(database)
    assert (queue, case.channel, case.subject) == ("voirie", "phone", f"Missed call from {CITIZEN}")
    assert (case.sender_address, case.sender_trust) == (CITIZEN, "unverified")
    assert case.citizen_id is not None
    assert kinds == ["opened", "callback_requested"]
    assert (await the_call(database)).case_id == case.id
    (task,) = await tasks(database)
    assert tuple(task) == (CITIZEN, case.id, NOON + timedelta(days=1, seconds=20), "")


@on_sqlite
async def test_told_again_it_opens_none(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    for _ in range(2):
        await miss(taking)
        await work(database, clock)
    assert len(await cases(database)) == 1
    assert len(await tasks(database)) == 1


async def test_the_same_caller_joins_the_case_until_that_is_closed(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await miss(taking, "call-1")
    await miss(taking, "call-2", 60)  # before the first is routed
    await work(database, clock)
    ((case, _, kinds),) = await cases(database)
    assert kinds == ["opened", "message_joined", "callback_requested", "call_missed"]
    assert len(await tasks(database)) == 1  # they are called back once
    async with database.begin() as session:
        (await session.get_one(CaseRow, case.id)).status = CaseStatus.CLOSED
    await miss(taking, "call-3", 120)
    await work(database, clock)
    assert len(await cases(database)) == 2


@on_sqlite
async def test_two_withheld_numbers_are_two_cases(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await miss(taking, "call-1", caller="")
    await miss(taking, "call-2", caller="")
    await work(database, clock)
    found = await cases(database)
    assert [case.subject for case, *_ in found] == ["Missed call from a withheld number"] * 2
    assert [case.citizen_id for case, *_ in found] == [None, None]
    assert [kinds for *_, kinds in found] == [["opened", "call_missed"]] * 2
    assert await tasks(database) == []  # there is nothing to be dialled


@on_sqlite
async def test_of_a_call_to_an_agent_the_queue_is_theirs(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await miss(taking, callee="+33199001999", extension="202")
    await work(database, clock)
    ((_, queue, _),) = await cases(database)
    assert queue == "voirie"


@on_sqlite
async def test_where_no_queue_is_meant_the_rules_say(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    number = "+33199001999"
    async with database.begin() as session:
        password, roles = "a long enough one", [Role.RECEPTION]
        await create_agent(
            session, email="ana@demo.example", name="Ana", password=password, roles=roles
        )
        await set_extension(session, "ana@demo.example", "201")
        await create_rule(session, queue="voirie", expression=f'"{number}" in message.recipients')
    await miss(taking, "call-1", callee=number, extension="201")
    await miss(taking, "call-2", callee="+33199001888", extension="201", caller="")
    await work(database, clock)
    assert [queue for _, queue, _ in await cases(database)] == ["voirie", "mairie"]


@on_sqlite
@pytest.mark.parametrize(
    "more",
    [
        {"callee": "+33199001999"},  # nobody of ours
        {"caller": "202", "callee": CITIZEN, "extension": "202"},  # an agent's own call
        {"caller": "202", "extension": ""},  # an agent calls the queue
    ],
)
async def test_what_nobody_of_ours_has_missed_opens_none(
    taking: Calls, database: Database, clock: SettableClock, more: dict[str, str]
) -> None:
    await miss(taking, "call-1", 0, **more)
    await work(database, clock)
    assert await cases(database) == []


@on_sqlite
async def test_an_answer_that_is_told_late_takes_the_request_to_call_back_away(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await taking.take(report("ended", 65))
    await taking.take(report("answered", 5, extension="202"))
    await work(database, clock)
    ((_, _, kinds),) = await cases(database)
    assert kinds == ["opened", "call_ended"]
    call = await the_call(database)
    assert (call.state, call.seconds) == ("ended", 60)


async def test_after_it_was_filed_a_late_answer_is_told_on_the_case(
    taking: Calls, database: Database, clock: SettableClock
) -> None:
    await miss(taking)
    await work(database, clock)
    await taking.take(report("answered", 5, extension="202"))
    ((_, _, kinds),) = await cases(database)
    assert kinds == ["opened", "callback_requested", "call_ended"]
    ((*_, outcome),) = await tasks(database)
    assert outcome == "done"


async def test_events_that_come_at_once_make_one_call(taking: Calls, database: Database) -> None:
    events = [report("started"), report("answered", 3, extension="202"), report("ended", 9)]
    await asyncio.gather(*(taking.take(one) for one in events * 3))
    call = await the_call(database)
    assert (call.state, call.seconds) == ("ended", 6)
    async with database.read() as session:
        query = select(StreamRow.id).where(StreamRow.stream == "call.changed")
        ids: list[UUID] = list(await session.scalars(query))
    assert len(ids) == call.version <= 3
