"""An earlier list of subscribers is taken over at the desk."""

import asyncio

import pytest

from agent_api.desk.subscribers import RUNNING
from core.blobs import BlobRow
from feeds.subscriptions.models import SubscriberImportRow
from feeds.topics import add_topic
from tests.agent_api.building import CAMILLE, KARIM, Browser, House, hidden_fields

URL = "/agent/subscribers"
LIST = """\
address,topics,consent_at,consent_source
anne@citizens.example,voirie,2024-05-31,folder 3
bela@citizens.example,opera,2024-05-31,folder 3
"""


async def put_in(who: Browser, text: str) -> tuple[int, str]:
    """Returns the status, and where it leads to or the page."""
    hidden = hidden_fields(await who.page(URL), f"{URL}/imports")
    files = [("list", ("list.csv", text.encode(), "text/csv"))]
    answer = await who.client.post(f"{URL}/imports", data=hidden, files=files)
    return answer.status_code, answer.headers.get("location", answer.text)


async def test_a_list_is_taken_over_and_its_bad_lines_are_told(
    house: House, camille: Browser
) -> None:
    async with house.town.database.begin() as session:
        await add_topic(
            session, house.clock, "voirie", {"fr": "Voirie", "en": "Roads"}, summaries={}
        )
    status, location = await put_in(camille, LIST)
    assert status == 303
    await asyncio.gather(*RUNNING)
    page = await camille.page(location)
    assert "1 taken over, 1 left out" in page
    assert "finished" in page
    assert "No topic is called: opera" in page
    assert "1 subscriber" in await camille.page(URL)


async def test_a_file_without_its_columns_is_refused(camille: Browser) -> None:
    for text in ("email;topic\n", LIST.replace("\n", "\r"), "x" * 200_000):
        status, page = await put_in(camille, text)
        assert status == 422
        assert "consent_source" in page


async def test_of_many_bad_lines_the_first_are_kept_and_all_are_counted(
    house: House, camille: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.subscriptions.taking_over.CHUNK", 2)
    monkeypatch.setattr("feeds.subscriptions.lists.SHOWN", 3)
    head, anne, bela = LIST.splitlines(keepends=True)
    _, location = await put_in(camille, head + bela * 5 + anne)
    await asyncio.gather(*RUNNING)
    page = await camille.page(location)
    assert "0 taken over, 6 left out" in page
    assert page.count("No topic is called") == 3
    assert "Line 4" in page
    assert "Line 5" not in page


async def test_a_list_that_was_cut_off_is_told_and_goes_on_where_it_was(
    house: House, camille: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.subscriptions.taking_over.CHUNK", 2)
    head, anne, bela = LIST.splitlines(keepends=True)
    async with house.town.database.begin() as session:
        await add_topic(
            session, house.clock, "voirie", {"fr": "Voirie", "en": "Roads"}, summaries={}
        )
    many = [anne.replace("anne", f"anne{number}") for number in range(5)]
    lists = house.town.news.lists
    async with house.town.database.begin() as session:  # the process dies after its first piece
        text = head + bela + "".join(many)
        import_id = await lists.keep(session, house.agents[CAMILLE], "list.csv", text)
        await session.flush()
        row = await session.get_one(SubscriberImportRow, import_id)
        row.done, row.taken, row.left_out = 2, 1, 1
        kept = row.sha256
    location = f"{URL}/imports/{import_id}"
    assert not await lists.look(), "somebody may be at it"
    house.clock.advance(minutes=2)
    assert "goes on by itself within two minutes" in await camille.page(location)
    assert "Interrupted" in await camille.page(URL)
    assert await lists.look()
    assert not await lists.look()
    page = await camille.page(location)
    assert "5 taken over, 1 left out" in page
    assert "finished" in page
    async with house.town.database.read() as session:
        assert await session.get(BlobRow, kept or "") is None


async def test_it_is_for_functional_administrators(house: House) -> None:
    karim = await house.browser(KARIM)
    async with karim.client:
        assert (await karim.client.get(URL)).status_code == 403
