"""What a message does to the case that it joins."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select

from cases import CaseEventRow, CaseRow, CaseStatus, JoinedBy, Opening, Role, join_case, open_case
from cases.agents import create_agent
from core.database import Database
from tests.builders import SettableClock, little_town, message_row

Join = Callable[..., Awaitable[CaseRow]]


@pytest.fixture
async def join(database: Database, clock: SettableClock) -> Join:
    """A message joins a case in a given status; returns the case as it is then."""

    async def work(
        status: str, automatic: str, *, claimed: bool = False, by: JoinedBy = JoinedBy.THREAD
    ) -> CaseRow:
        async with database.begin() as session:
            town = await little_town(session)
            first, second = message_row(), message_row(automatic=automatic)
            session.add_all([first, second])
            opening = Opening("GU-7K3M-9QX1", town.queues["mairie"], None, "", "fr", "", None)
            open_case(session, first, opening)
            agent = await create_agent(
                session,
                email="c@x.example",
                name="Camille",
                password="a long enough one",
                roles=[Role.RECEPTION],
            )
            await session.flush()
            case = (await session.scalars(select(CaseRow))).one()
            case.status = status
            case.claimed_by = agent if claimed else None
            case.closed_at = clock() if status == CaseStatus.CLOSED else None
            join_case(session, case, second, by)
        return case

    return work


@pytest.mark.parametrize("status", ["waiting", "closed"])
@pytest.mark.parametrize("automatic", ["no", "bounce"])
@pytest.mark.parametrize(("claimed", "then"), [(False, "new"), (True, "in_progress")])
async def test_a_person_and_a_bounce_bring_the_case_back_to_the_agents(
    join: Join, status: str, automatic: str, claimed: bool, then: str
) -> None:
    case = await join(status, automatic, claimed=claimed)
    assert (case.status, case.closed_at, case.version) == (then, None, 2)


@pytest.mark.parametrize("status", ["waiting", "closed"])
@pytest.mark.parametrize("automatic", ["auto-reply", "bulk"])
async def test_what_else_a_machine_writes_does_not(join: Join, status: str, automatic: str) -> None:
    assert (await join(status, automatic)).status == status


async def test_a_bounce_that_comes_twice_counts_once(join: Join) -> None:
    assert (await join("closed", "bounce", by=JoinedBy.DUPLICATE)).status == "closed"


@pytest.mark.parametrize("status", ["new", "in_progress"])
async def test_a_bounce_leaves_a_case_that_is_with_the_agents(join: Join, status: str) -> None:
    assert (await join(status, "bounce")).status == status


async def test_the_history_says_what_a_bounce_has_changed(join: Join, database: Database) -> None:
    await join("waiting", "bounce")
    async with database.read() as session:
        query = select(CaseEventRow).where(CaseEventRow.kind == "message_joined")
        (joined,) = await session.scalars(query)
    assert (joined.data["from"], joined.data["to"]) == ("waiting", "new")
