"""Paper mail is put in at the desk."""

from typing import Any

from sqlalchemy import select

from ingest.models import IntakeRow
from tests.agent_api.building import KARIM, Browser, House, hidden_fields
from tests.ocr.pages import printed

URL = "/agent/scans"


async def put_in(who: Browser, *files: tuple[str, bytes], **fields: str) -> tuple[int, str]:
    hidden = hidden_fields(await who.page(URL), URL)
    given: list[Any] = [("files", file) for file in files]
    answer = await who.client.post(URL, data={**hidden, **fields}, files=given)
    return answer.status_code, answer.text


async def intakes(house: House) -> list[IntakeRow]:
    async with house.town.database.read() as session:
        query = select(IntakeRow).where(IntakeRow.channel == "scan")
        return list(await session.scalars(query))


async def test_files_are_safe_before_the_page_says_so(house: House, camille: Browser) -> None:
    files = [(f"{name}.pdf", printed(name)) for name in ("one", "two")]
    status, page = await put_in(camille, *files, queue="voirie", split="none")
    assert status == 200
    assert "2 files are safe and are being read: one.pdf, two.pdf" in page
    rows = await intakes(house)
    assert sorted(row.facts["file"] for row in rows) == ["one.pdf", "two.pdf"]
    assert {(row.facts["queue"], row.facts["split"]) for row in rows} == {("voirie", "none")}
    assert {row.facts["by"] for row in rows} == {"Camille Durand"}


async def test_what_is_no_letter_is_told_and_the_others_are_taken(
    house: House, camille: Browser
) -> None:
    status, page = await put_in(
        camille, ("tool.pdf", b"\x7fELF"), ("empty.pdf", b""), ("good.pdf", printed("Bonjour"))
    )
    assert status == 422
    assert "tool.pdf is neither a PDF nor an image" in page
    assert "empty.pdf is empty." in page
    assert "good.pdf" in page
    assert [row.facts["file"] for row in await intakes(house)] == ["good.pdf"]


async def test_the_same_file_twice_is_one_letter(house: House, camille: Browser) -> None:
    content = printed("Bonjour")
    for name in ("a.pdf", "b.pdf"):
        await put_in(camille, (name, content))
    assert len(await intakes(house)) == 1


async def test_nothing_chosen_is_told(house: House, camille: Browser) -> None:
    status, page = await put_in(camille)
    assert (status, "Choose a file first." in page) == (422, True)


async def test_only_who_hands_in_may(house: House) -> None:
    karim = await house.browser(KARIM)
    assert (await karim.get(URL)).status_code == 403
    assert 'href="/agent/scans"' not in await karim.page("/agent/")
