"""Live updates, from the change of a case to what a page's stream carries."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent_api import live
from cases import QueueRow
from core.database import Database
from core.ids import new_id
from ingest.events import CaseChanged, Event, new_event
from tests.agent_api.building import CAMILLE, KARIM, Browser, House, running, until
from tests.agent_api.streams import Stream

EVENTS = "/agent/events"


@asynccontextmanager
async def listening(house: House, email: str) -> AsyncIterator[Stream]:
    """An agent's page is open and hears what changes."""
    browser = await house.browser(email)
    stream = Stream(house.app, EVENTS, browser.client.cookies)
    async with running(stream.run()):
        await stream.part()  # ": connected"
        yield stream


@pytest.fixture(autouse=True)
async def at_work(house: House) -> AsyncIterator[None]:
    async with running(house.town.live.run()):
        yield


async def act(browser: Browser, reference: str, action: str, **fields: str) -> None:
    case = f"/agent/cases/{reference}"
    answer = await browser.submit(case, f"{case}/{action}", **fields)
    assert answer.status_code == 303


async def test_a_page_hears_of_a_change_at_once(house: House, camille: Browser) -> None:
    async with listening(house, CAMILLE) as stream:
        reference = await house.open()
        assert await stream.change() == {"reference": reference, "sequence": 1, "change": "opened"}
        await act(camille, reference, "claim")
        assert await stream.change() == {"reference": reference, "sequence": 2, "change": "claimed"}


async def test_the_stream_says_what_it_is_and_is_not_kept(house: House) -> None:
    async with listening(house, CAMILLE) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"


async def test_who_is_not_signed_in_hears_nothing(house: House) -> None:
    assert (await house.client().get(EVENTS)).status_code == 303


async def test_a_page_hears_of_the_cases_that_its_agent_may_see_alone(house: House) -> None:
    async with listening(house, KARIM) as karim, listening(house, CAMILLE) as camille:
        hidden, seen = await house.open("mairie"), await house.open("voirie")
        assert [(await camille.change())["reference"] for _ in range(2)] == [hidden, seen]
        assert (await karim.change())["reference"] == seen


async def test_who_loses_sight_of_a_case_hears_that_it_is_gone(
    house: House, camille: Browser
) -> None:
    reference = await house.open("voirie")
    async with listening(house, KARIM) as karim:
        await act(camille, reference, "move", queue="mairie")
        assert (await karim.change())["change"] == "moved"
        await act(camille, reference, "claim")
        marker = await house.open("voirie")
        assert (await karim.change())["reference"] == marker


async def test_a_move_between_queues_of_others_is_not_heard(house: House, camille: Browser) -> None:
    reference = await house.open("mairie")
    async with house.town.database.begin() as session:
        session.add(QueueRow(id=new_id(), slug="ecoles", name="Écoles", service_level=5))
    async with listening(house, KARIM) as karim:
        await act(camille, reference, "move", queue="ecoles")
        marker = await house.open("voirie")
        assert (await karim.change())["reference"] == marker


async def test_a_page_that_does_not_read_holds_up_nobody(house: House) -> None:
    camille = await house.agent(CAMILLE)
    slow = house.town.live.changes(camille)
    assert isinstance(slow, AsyncGenerator)
    first = asyncio.ensure_future(anext(slow))
    async with listening(house, CAMILLE) as quick:
        references = [await house.open() for _ in range(live.MAX_WAITING + 20)]
        heard = [(await quick.change())["reference"] for _ in references]
        assert heard == references
    assert (await first).reference == references[0]
    # What it missed is the oldest: looking anew at the newest shows everything.
    kept = [(await anext(slow)).reference for _ in range(live.MAX_WAITING)]
    assert kept == references[-live.MAX_WAITING :]
    await slow.aclose()


async def test_closing_ends_every_stream(house: House) -> None:
    async with listening(house, CAMILLE) as one, listening(house, KARIM) as two:
        house.town.live.close()
        assert await one.rest() == await two.rest() == ""
    # A page that comes after it is ended at once, too.
    browser = await house.browser()
    answer = await asyncio.wait_for(browser.get(EVENTS), 5)
    assert "connected" in answer.text


async def test_a_page_that_has_gone_is_forgotten(house: House) -> None:
    async with listening(house, CAMILLE):
        assert len(house.town.live._pages) == 1

    async def none_left() -> bool:
        return not house.town.live._pages

    await until(none_left)


async def test_a_page_shows_again_who_it_is_after_a_while(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LONGEST", 0.05)
    browser = await house.browser()
    answer = await asyncio.wait_for(browser.get(EVENTS), 5)
    assert answer.status_code == 200


async def test_a_store_that_is_away_does_not_end_the_live_updates(
    house: House, tmp_path: Path
) -> None:
    away = Database(f"sqlite+aiosqlite:///{tmp_path / 'without-tables.db'}")
    told = asyncio.Event()

    async def follow(stream: str) -> AsyncIterator[Sequence[Event]]:
        if stream != CaseChanged.stream:
            await asyncio.Event().wait()
        change = CaseChanged(case_id=new_id(), reference="GU-1", sequence=1, change="opened")
        yield [new_event(change, key=change.case_id, id=new_id(), time=house.clock())]
        told.set()
        await asyncio.Event().wait()

    blind = live.Live(away, follow)
    page = asyncio.ensure_future(anext(blind.changes(await house.agent(CAMILLE))))
    async with running(blind.run()):
        await asyncio.wait_for(told.wait(), 30)  # it goes on to the next changes
        assert not page.done()
        blind.close()
        with pytest.raises(StopAsyncIteration):
            await page
    await away.close()
