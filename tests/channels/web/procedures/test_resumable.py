"""Files piece by piece (tus 1.0.0), through connections that break off."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import func, select

from cases.procedures.models import DraftFileRow, UploadPieceRow, UploadRow
from cases.procedures.sweeping import DraftSweep
from core.blobs import BlobRow
from tests.channels.web.building import Portal
from tests.channels.web.procedures.building import (
    JEANNE,
    Applicant,
    begin,
    publish,
    raw,
    request_for_bins,
)

PLAN = b"%PDF-1.7 " + bytes(range(256)) * 6_000 + b" %%EOF"
TUS = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
async def bins(portal: Portal) -> Portal:
    await publish(portal, request_for_bins())
    return portal


async def create(who: Applicant, name: str = "plan.pdf", size: int = len(PLAN)) -> Response:
    said = {"field": "photos", "filename": name}
    metadata = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in said.items())
    headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
    return await who.browser.client.post(f"{who.base}/uploads", headers=headers)


async def piece(who: Applicant, place: str, offset: int, content: Any) -> Response:
    headers = {
        **TUS,
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
    }
    return await who.browser.client.patch(place, headers=headers, content=content)


async def offset(who: Applicant, place: str) -> int:
    answer = await who.browser.client.head(place, headers=TUS)
    return int(answer.headers["upload-offset"])


async def left(portal: Portal, table: Any) -> int:
    async with portal.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def test_a_file_goes_on_where_it_broke_off_and_is_sent_with_the_form(bins: Portal) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield PLAN[1_000:400_000]

    async with bins.browser() as browser:
        jeanne = await begin(browser)
        created = await create(jeanne)
        place = created.headers["location"]
        assert created.status_code == 201
        await piece(jeanne, place, 0, PLAN[:1_000])
        await piece(jeanne, place, 1_000, broken())
        assert (await piece(jeanne, place, 7, b"x")).status_code == 409
        assert await offset(jeanne, place) == 400_000
        done = await piece(jeanne, place, 400_000, PLAN[400_000:])
        assert (done.status_code, done.headers["upload-offset"]) == (204, str(len(PLAN)))
        assert await offset(jeanne, place) == len(PLAN)
        assert (await left(bins, DraftFileRow), await left(bins, UploadPieceRow)) == (1, 0)
        page = await jeanne.send("refresh", bins="1", broken="no")
        assert "plan.pdf" in page.html
        await jeanne.send(bins="1", broken="no")
        await jeanne.send(first_name=JEANNE["first_name"], email=JEANNE["email"])
        await jeanne.submit()
    (sent,) = (await raw(bins))["attachments"]
    assert base64.b64decode(sent["content"]) == PLAN


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("plan.exe", 10, 422), ("plan.pdf", 0, 422), ("plan.pdf", 30_000_000, 413)],
)
async def test_what_would_not_be_taken_is_refused_before_it_is_sent(
    bins: Portal, name: str, size: int, status: int
) -> None:
    async with bins.browser() as browser:
        answer = await create(await begin(browser), name, size)
    assert answer.status_code == status
    assert name in answer.text
    assert await left(bins, UploadRow) == 0


async def test_what_is_not_what_it_says_is_refused_and_forgotten(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        place = (await create(jeanne, size=4)).headers["location"]
        assert (await piece(jeanne, place, 0, b"MZ\0\0!")).status_code == 413
        assert (await piece(jeanne, place, 0, b"MZ\0\0")).status_code == 422
        assert (await jeanne.browser.client.head(place, headers=TUS)).status_code == 404
    assert await left(bins, BlobRow) == 0


async def test_nobody_else_sees_an_upload_and_all_of_them_together_have_a_limit(
    bins: Portal,
) -> None:
    async with bins.browser() as browser, bins.browser() as other:
        jeanne, mallory = await begin(browser), await begin(other)
        place = (await create(jeanne, size=9_000_000)).headers["location"]
        await create(jeanne, size=9_000_000)
        assert (await create(jeanne, size=9_000_000)).status_code == 413
        assert (await mallory.browser.client.head(place, headers=TUS)).status_code == 404
        own = place.replace(jeanne.base, mallory.base)
        assert (await mallory.browser.client.delete(own, headers=TUS)).status_code == 404
        assert (await browser.client.delete(place)).status_code == 412
        assert (await browser.client.delete(place, headers=TUS)).status_code == 204


async def test_an_upload_that_nothing_more_comes_of_is_swept_with_its_pieces(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        place = (await create(jeanne)).headers["location"]
        await piece(jeanne, place, 0, PLAN[:1_000])
        await create(jeanne, "other.pdf")
    bins.clock.advance(days=3)
    assert await DraftSweep(bins.database, bins.blobs, bins.clock).sweep() == 2
    assert [await left(bins, table) for table in (UploadRow, UploadPieceRow, BlobRow)] == [0, 0, 0]
