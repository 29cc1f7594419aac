"""Agents arrange the pages of a document by the form on the page that shows them."""

from io import BytesIO
from uuid import UUID

import pikepdf
import pytest

from ingest.models import DocumentRow, PageRow
from tests.agent_api.building import Browser, House
from tests.ocr.pages import printed


async def letter(house: House, pages: int = 2) -> tuple[str, UUID, list[UUID]]:
    reference = await house.open()
    document = await house.attach(reference, printed(*["Bonjour"] * pages), name="lettre.pdf")
    ids = [await house.add_page(document, f"page {number}") for number in range(pages)]
    return f"/agent/cases/{reference}/documents/{document}/pages", document, ids


async def page_row(house: House, page_id: UUID) -> PageRow:
    async with house.town.database.read() as session:
        return await session.get_one(PageRow, page_id)


async def test_a_page_is_turned_and_the_same_page_is_shown_again(
    house: House, camille: Browser
) -> None:
    url, _, (first, _) = await letter(house)
    answer = await camille.submit(url, url, action="rotate_right", pages=str(first), q="bonjour")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{url}?page=1&q=bonjour&done=pages"
    assert (await page_row(house, first)).rotation == 90
    assert "The pages have been changed." in await camille.page(answer.headers["location"])
    assert [row.details["change"] for row in await house.trail("case.pages_changed")] == ["turned"]


@pytest.mark.parametrize(
    ("action", "target", "told"),
    [
        ("move", "GU-0000-0000", "There is no such case, or you may not see it."),
        ("move", "nothing", "This is not the reference of a case."),
        ("merge", "nothing", "Choose another document to put the pages into."),
    ],
)
async def test_what_cannot_be_done_is_told(
    house: House, camille: Browser, action: str, target: str, told: str
) -> None:
    url, _, (first, _) = await letter(house)
    answer = await camille.submit(url, url, action=action, pages=str(first), target=target)
    assert answer.status_code == 422
    assert told in answer.text


async def test_who_is_second_is_told(house: House, camille: Browser) -> None:
    url, _, (first, _) = await letter(house)
    answer = await camille.submit(url, url, action="remove", pages=str(first), version="77")
    assert answer.status_code == 409
    assert "The case was changed meanwhile." in answer.text


async def test_a_locked_document_is_opened_by_its_password(house: House, camille: Browser) -> None:
    locked = BytesIO()
    with pikepdf.open(BytesIO(printed("Bonjour"))) as document:
        document.save(locked, encryption=pikepdf.Encryption(owner="secret", user="secret"))
    reference = await house.open()
    document_id = await house.attach(reference, locked.getvalue(), reading="locked")
    url = f"/agent/cases/{reference}/documents/{document_id}/pages"
    wrong = await camille.submit(url, url, action="unlock", password="guess")
    assert wrong.status_code == 422
    assert "the password is wrong" in wrong.text
    right = await camille.submit(url, url, action="unlock", password="secret")
    assert right.status_code == 303
    async with house.town.database.read() as session:
        row = await session.get_one(DocumentRow, document_id)
        assert row.reading == "unread"
        assert row.unlocked_sha256 is not None
        opened = await house.town.blobs.read(session, row.unlocked_sha256)
    with pikepdf.open(BytesIO(opened)) as document:
        assert len(document.pages) == 1
