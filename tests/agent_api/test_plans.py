"""What the lists of the desk cost grows with the page, not with the town's history."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Agent, Filter, Role, count_queues, list_cases
from tests.agent_api.building import House
from tests.builders import agent
from tests.plans import planned


async def plan_of(house: House, ask: Callable[[AsyncSession], Awaitable[Any]]) -> Sequence[str]:
    """How the store goes about the first query that ``ask`` makes."""
    async with house.town.database.read() as session:
        _, plan = await planned(session, ask)
    return plan


def lists(plan: Sequence[str]) -> Sequence[str]:
    """The steps that look for cases; after them the page's own rows are fetched."""
    return plan[: plan.index("SCAN anon_1")]


@pytest.mark.parametrize(
    ("filter", "index"),
    [
        (Filter(), "ix_cases_status_id (status=?)"),
        (Filter(status="closed"), "ix_cases_status_id (status=?)"),
        (Filter(queue="voirie"), "ix_cases_queue_id_status_id (queue_id=? AND status=?)"),
        (Filter(queue="voirie", status="closed"), "ix_cases_queue_id_status_id (queue_id=? AND"),
    ],
)
async def test_a_page_of_the_inbox_is_read_in_the_order_of_an_index(
    house: House, filter: Filter, index: str
) -> None:
    steps = lists(await plan_of(house, lambda session: list_cases(session, agent(), filter)))
    assert any(index in step for step in steps)
    assert not any("TEMP B-TREE" in step or "SCAN cases" in step for step in steps)


@pytest.mark.parametrize("who", [agent(), agent(Role.HANDLER)])
async def test_the_counts_look_at_open_cases_alone(house: House, who: Agent) -> None:
    plan = await plan_of(house, lambda session: count_queues(session, who))
    covering = "COVERING INDEX ix_cases_queue_id_status_id (queue_id=? AND status=?)"
    assert any(covering in step for step in plan)
    assert not any("SCAN cases" in step for step in plan)
