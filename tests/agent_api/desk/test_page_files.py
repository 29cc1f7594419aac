from io import BytesIO
from uuid import uuid4

import pikepdf
import pytest
from PIL import Image

from tests.agent_api.building import Browser, House
from tests.ocr.pages import drawn, printed, tiff


async def test_a_page_is_shown_as_a_picture_that_does_nothing(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(reference, printed("first", "second"))
    page = await house.add_page(document, number=1, rotation=90)
    address = f"/agent/cases/{reference}/documents/{document}/pages/{page}/image"
    answer = await camille.get(f"{address}?width=200")
    assert answer.status_code == 200
    with Image.open(BytesIO(answer.content)) as picture:
        assert picture.format == "JPEG"
        assert picture.width == 200
        assert picture.height < 200  # turned
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"].startswith("private, max-age=")

    again = await camille.get(
        f"{address}?width=200", **{"if-none-match": f'"other", W/{headers["etag"]}'}
    )
    assert (again.status_code, again.content) == (304, b"")
    wider = await camille.get(f"{address}?width=900", **{"if-none-match": headers["etag"]})
    assert wider.status_code == 200


async def test_what_cannot_be_drawn_is_not_there(house: House, camille: Browser) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"%PDF-1.7 broken")
    page = await house.add_page(document)
    base = f"/agent/cases/{reference}/documents/{document}"
    for address in (f"{base}/pages/{page}/image", f"{base}/pages/{uuid4()}/image"):
        assert (await camille.get(address)).status_code == 404
    answer = await camille.get(f"{base}/searchable.pdf")
    assert answer.status_code == 409
    assert "Download the original" in answer.text


@pytest.mark.parametrize("width", ["1", "100000", "200;"])
async def test_only_a_few_widths_are_drawn(house: House, camille: Browser, width: str) -> None:
    reference = await house.open()
    document = await house.attach(reference, printed("first"))
    page = await house.add_page(document)
    address = f"/agent/cases/{reference}/documents/{document}/pages/{page}/image?width={width}"
    assert (await camille.get(address)).status_code == 422


async def test_the_searchable_pdf_has_the_words_of_the_pages_that_are_left(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(
        reference, tiff(drawn(), drawn()), name="scan d’été.tif", media_type="image/tiff"
    )
    await house.add_page(document, "removed", removed=True)
    words = [("lampadaire", 90, 0.1, 0.1, 0.3, 0.02)]
    await house.add_page(document, "lampadaire", words, source="ocr")
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}/searchable.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert f"-{reference}.pdf" in answer.headers["content-disposition"]
    with pikepdf.open(BytesIO(answer.content)) as made:
        assert len(made.pages) == 1
    assert await house.trail("document.read")
