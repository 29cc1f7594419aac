"""Drafts: resumed elsewhere, shown to nobody else, gone when they are too old; their files."""

import asyncio

import pytest
from sqlalchemy import func, select

from cases.procedures.models import DraftFileRow, DraftRow
from cases.procedures.sweeping import DraftSweep
from core.blobs import BlobRow
from core.references import tracking_key
from tests.channels.web.building import SECRET, Page, Portal
from tests.channels.web.procedures.building import (
    JEANNE,
    PDF,
    Applicant,
    begin,
    filled_in,
    publish,
    request_for_bins,
)


@pytest.fixture
async def bins(portal: Portal) -> Portal:
    await publish(portal, request_for_bins())
    return portal


async def test_sent_twice_at_once_it_is_one_request(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await filled_in(browser)
        data = {"csrf": jeanne.page.fields["csrf"]}
        path = f"{jeanne.base}/summary"
        answers = await asyncio.gather(*(browser.client.post(path, data=data) for _ in range(3)))
    assert {answer.headers["location"] for answer in answers} == {f"{jeanne.base}/done"}
    assert len(await bins.intakes()) == 1


async def test_a_draft_goes_on_in_another_browser_by_its_codes(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        await jeanne.send("leave", bins="4", broken="no")
        assert jeanne.path.endswith("/left")
        link = next(link for link in jeanne.page.links if "/procedures/resume" in link)
    key = tracking_key(SECRET, jeanne.reference)
    async with bins.browser() as phone:
        fields = await phone.form("/procedures/resume")
        codes = {"reference": jeanne.reference.lower(), "tracking_key": key.lower()}
        there = Applicant(
            phone, Page(await phone.client.post("/procedures/resume", data=fields | codes))
        )
        page = await there.follow(there.page)
        assert page.fields["f-bins"] == "4"
    async with bins.browser() as tablet:
        there = Applicant(tablet, await tablet.get(link.partition("8080")[2]))
        assert (await there.follow(there.page)).fields["f-bins"] == "4"


async def test_a_wrong_key_and_no_draft_look_alike(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        wrong = await browser.get(f"/procedures/resume?reference={jeanne.reference}&key=AAAA")
        none = await browser.get("/procedures/resume?reference=GU-7K3M-92XB&key=AAAA")
    assert wrong.status == none.status == 404
    assert wrong.error("reference") == none.error("reference")


@pytest.mark.parametrize("rest", ["pages/bins", "summary", "done", "left"])
async def test_another_browser_is_shown_nothing(bins: Portal, rest: str) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        await jeanne.send(bins="4", broken="no")
    async with bins.browser() as stranger:
        page = await stranger.get(f"{jeanne.base}/{rest}")
        other = await stranger.get(f"/procedures/bins/GU-7K3M-92XB/{rest}")
    assert page.status == other.status == 303
    assert page.response.headers["location"].startswith("/procedures/resume?")


async def test_another_browser_can_neither_save_nor_send_nor_erase(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await filled_in(browser)
    async with bins.browser() as stranger:
        csrf = (await stranger.form("/procedures/bins"))["csrf"]
        for rest in ("pages/bins", "summary", "discard"):
            answer = await stranger.client.post(f"{jeanne.base}/{rest}", data={"csrf": csrf})
            assert answer.headers["location"].startswith("/procedures/resume?")
    assert not await bins.intakes()
    async with bins.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(DraftRow)) == 1


async def test_drafts_go_when_they_are_too_old_and_when_they_are_erased(bins: Portal) -> None:
    async with bins.browser() as browser:
        old = await begin(browser)
        await old.send("refresh", files=[PDF])
        bins.clock.advance(days=31)
        page = await browser.get(f"{old.base}/pages/bins")
        assert page.status == 303
        new = await begin(browser)
        data = {"csrf": new.page.fields["csrf"]}
        await new.send("refresh", files=[PDF])
        await browser.client.post(f"{new.base}/discard", data=data)
    await DraftSweep(bins.database, bins.blobs, bins.clock).sweep()
    async with bins.database.read() as session:
        for table in (DraftRow, DraftFileRow, BlobRow):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_files_are_kept_with_the_draft_and_go_along(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send("refresh", files=[PDF], bins="1", broken="no")
        assert "plan.pdf" in page.html
        await jeanne.send(bins="1", broken="no")
        await jeanne.send(first_name=JEANNE["first_name"], email=JEANNE["email"])
        assert "plan.pdf" in jeanne.page.html
        await jeanne.submit()
    assert b'"name":"plan.pdf"' in await bins.raw()
    async with bins.database.read() as session:
        assert not (await session.scalars(select(DraftFileRow))).all()


async def test_a_file_is_taken_away_again(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send("refresh", files=[PDF])
        remove = next(part for part in page.html.split('"') if part.startswith("remove:"))
        assert "plan.pdf" not in (await jeanne.send(remove)).html


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (("virus.exe", b"MZ", "application/pdf"), "virus.exe"),
        (("plan.pdf", b"MZ no PDF", "application/pdf"), "plan.pdf"),
        (("plan.jpg", b"%PDF-1.7", "image/jpeg"), "plan.jpg"),
        (("nothing.pdf", b"", "application/pdf"), "nothing.pdf"),
    ],
)
async def test_a_file_that_is_not_what_it_should_be_is_told(
    bins: Portal, file: tuple[str, bytes, str], told: str
) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send(files=[file], bins="1", broken="no")
    assert (page.status, "#f-photos" in page.links) == (422, True)
    assert told in page.error("f-photos")


async def test_no_more_files_than_the_field_takes(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send("refresh", files=[PDF, PDF, PDF])
    assert page.html.count("remove:") == 2
    assert "#f-photos" in page.links
