"""A town of its own for every test of the desk."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from cases import QueueRow
from cases.agents import AgentRow
from guichet.migrate import migrate
from guichet.town import build_town
from guichet.web import build_app
from tests.agent_api.building import Browser, House, build_agents, town_settings
from tests.builders import SettableClock, little_town


@pytest.fixture(scope="session")
def new_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a town with queues and agents, made once: tests begin with a copy."""
    data = tmp_path_factory.mktemp("town") / "var"
    asyncio.run(_make_town(data))
    return data


async def _make_town(data: Path) -> None:
    town = build_town(town_settings(data))
    await migrate(town.database)
    async with town.database.begin() as session:
        queues = (await little_town(session)).queues
    await build_agents(town, queues)
    await town.close()


@pytest.fixture
async def house(tmp_path: Path, new_town: Path, clock: SettableClock) -> AsyncIterator[House]:
    shutil.copytree(new_town, tmp_path / "var")
    town = build_town(town_settings(tmp_path / "var"), clock)
    async with town.database.read() as session:
        queues = {row.slug: row for row in await session.scalars(select(QueueRow))}
        agents = dict((await session.execute(select(AgentRow.email, AgentRow.id))).all())
    yield House(town, build_app(town), clock, queues, agents)
    await town.close()


@pytest.fixture
async def camille(house: House) -> AsyncIterator[Browser]:
    browser = await house.browser()
    async with browser.client:
        yield browser


@pytest.fixture
async def program(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with await house.program() as program:
        yield program
