from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from cases import (
    SYSTEM,
    Actions,
    Agent,
    Callbacks,
    CaseEventRow,
    CaseRow,
    CaseStatus,
    Filter,
    list_cases,
    open_callbacks,
    request_callback,
)
from cases.audit import AuditRow
from core.database import Database
from core.errors import BadInput, Conflict, NotNow, NotThere
from core.ids import new_id
from ingest.models import StreamRow
from tests.builders import NOON, SettableClock
from tests.cases.test_actions import REFERENCE, camille, case_now, town

__all__ = ["camille", "town"]  # fixtures

PHONE = "+33612345678"
SOON = NOON + timedelta(hours=1)


async def request(
    database: Database, clock: SettableClock, who: Agent, version: int | None
) -> None:
    async with database.begin() as session:
        callbacks = Callbacks(session, clock, who)
        await callbacks.request(REFERENCE, version, PHONE, "Le plan", SOON)


async def the_task(database: Database) -> UUID:
    async with database.read() as session:
        (task,) = await open_callbacks(session, (await case_now(database)).id)
    return task.id


async def history(database: Database) -> list[tuple[str, str, str]]:
    query = select(CaseEventRow).order_by(CaseEventRow.sequence)
    async with database.read() as session:
        rows = await session.scalars(query)
        return [(row.kind, row.actor_name, row.data.get("text", "")) for row in rows][1:]


async def to_call(database: Database, who: Agent) -> list[str]:
    async with database.read() as session:
        page = await list_cases(session, who, Filter(status="callback"))
        everything = await list_cases(session, who, Filter(status="any"))
    assert [one.call_before for one in everything.items] == [SOON if page.items else None]
    return [one.reference for one in page.items]


async def test_a_call_is_on_the_list_until_it_is_made(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    assert await to_call(database, camille) == []
    await request(database, clock, camille, 1)
    assert await to_call(database, camille) == [REFERENCE]
    case = await case_now(database)
    assert (case.status, case.claimed_by, case.version) == ("in_progress", camille.id, 2)
    async with database.begin() as session:
        await Callbacks(session, clock, camille).called(
            REFERENCE, await the_task(database), "done", "Elle a le plan."
        )
    assert await to_call(database, camille) == []
    assert await history(database) == [
        ("callback_requested", "Camille", "Le plan"),
        ("callback_done", "Camille", "Elle a le plan."),
    ]
    async with database.read() as session:
        actions = (await session.scalars(select(AuditRow.action).order_by(AuditRow.id))).all()
        events = (await session.scalars(select(StreamRow.stream).order_by(StreamRow.seq))).all()
    assert actions == ["case.callback_requested", "case.callback_done"]
    assert events == ["case.changed", "case.changed"]


async def test_a_call_in_vain_comes_back_later_and_may_be_given_up(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    await request(database, clock, camille, None)
    task = await the_task(database)
    for outcome, due_at in (("again", None), ("again", SOON), ("unreachable", None)):
        async with database.begin() as session:
            callbacks = Callbacks(session, clock, camille)
            if outcome == "again" and due_at is None:
                with pytest.raises(BadInput):
                    await callbacks.called(REFERENCE, task, "again", "", due_at)
                continue
            await callbacks.called(REFERENCE, task, outcome, "Personne", due_at)  # type: ignore[arg-type]
    assert [kind for kind, *_ in await history(database)] == [
        *("callback_requested", "callback_again", "callback_unreachable"),
    ]
    async with database.begin() as session:
        with pytest.raises(NotNow):  # it is over
            await Callbacks(session, clock, camille).called(REFERENCE, task, "done", "")
        with pytest.raises(NotThere):
            await Callbacks(session, clock, camille).called(REFERENCE, new_id(), "done", "")


async def test_the_second_of_two_agents_sees_what_the_first_did(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    await request(database, clock, camille, 1)
    with pytest.raises(Conflict):
        await request(database, clock, camille, 1)


async def test_a_missed_call_opens_a_closed_case_again_and_is_one_task_however_often_it_is_told(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        await Actions(session, clock, camille, "x.example").close(REFERENCE, None)
    case, call = await case_now(database), new_id()
    for _ in range(2):
        async with database.begin() as session:
            await request_callback(session, case.id, PHONE, "", SOON, SYSTEM, at=NOON, id=call)
    assert await the_task(database) == call
    assert (await case_now(database)).status == CaseStatus.NEW
    assert [kind for kind, *_ in await history(database)] == ["closed", "callback_requested"]


async def test_a_call_needs_a_number_and_a_case(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    case: CaseRow = await case_now(database)
    async with database.begin() as session:
        with pytest.raises(BadInput):
            await request_callback(session, case.id, "inconnu", "", SOON, SYSTEM, at=NOON)
        with pytest.raises(NotThere):
            await request_callback(session, new_id(), PHONE, "", SOON, SYSTEM, at=NOON)
