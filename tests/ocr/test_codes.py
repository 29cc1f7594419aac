"""Bar codes are found on sheets as scanners and fax machines leave them."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import cv2
import numpy
import pytest
from PIL import Image

from ocr.cleaning import clean
from ocr.codes import codes
from ocr.leveling import leveled
from ocr.page import Code, Limits, Options
from ocr.picture import picture
from ocr.reading import read_page
from tests.ocr.pages import Grey, askew, drawn, faxed, printed, speckled, tiff, with_codes

TEXTS = ("GUICHET:SEPARATOR:ETAT-CIVIL", "GU-7K3M-Q2X9")
WAYS: dict[str, Callable[[Grey], Grey]] = {
    "as it is": lambda page: page,
    "upside down": lambda page: numpy.rot90(page, 2),
    "on its side": numpy.rot90,
    "speckled": lambda page: speckled(page, 0.004),
    "skewed": lambda page: askew(page, 3.0),
    "skewed the other way, speckled": lambda page: speckled(askew(page, -3.0)),
    "out of focus": lambda page: cv2.GaussianBlur(page, (0, 0), 0.8),
}


@pytest.fixture(scope="module", params=[True, False], ids=["qr", "code128"])
def sheet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Grey:
    path = tmp_path_factory.mktemp("sheet") / "sheet.pdf"
    path.write_bytes(with_codes(TEXTS, qr=request.param))
    return picture(path, 0, Limits(), dpi=200).grey


def read(content: bytes, folder: Path, *, fax: bool = False) -> set[str]:
    """As a page is read, but for its words."""
    path, limits = folder / "page", Limits()
    path.write_bytes(content)
    seen = picture(path, 0, limits)
    level = leveled(clean(seen, is_fax=fax, pixels=limits.pixels)).grey
    return {code.text for code in codes(seen.grey, level)}


@pytest.mark.parametrize("way", WAYS)
def test_both_codes_of_a_bad_scan_are_found(sheet: Grey, way: str, tmp_path: Path) -> None:
    assert read(tiff(WAYS[way](sheet)), tmp_path) == set(TEXTS)


@pytest.mark.parametrize("qr", [True, False])
def test_both_codes_of_a_fax_are_found(tmp_path: Path, *, qr: bool) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(with_codes(TEXTS, qr=qr, bar=1.4))  # as wide as on our separator sheets
    sheet = picture(path, 0, Limits(), dpi=200).grey
    content = tiff(faxed(sheet), dpi=(204, 98), compression="group4")
    assert read(content, tmp_path, fax=True) == set(TEXTS)


def test_a_code_tells_its_kind_and_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "sheet.pdf"
    path.write_bytes(with_codes([TEXTS[0], TEXTS[0]]))
    assert codes(picture(path, 0, Limits(), dpi=200).grey) == (Code(TEXTS[0], "qr"),)


def test_letters_are_no_code() -> None:
    assert codes(drawn()) == ()


def test_a_code_beside_a_text_layer_is_found(tmp_path: Path) -> None:
    import pikepdf

    path, made = tmp_path / "both.pdf", BytesIO()
    with (
        pikepdf.open(BytesIO(with_codes(TEXTS[:1]))) as sheet,
        pikepdf.open(BytesIO(printed("Le texte de cette page est bien assez long."))) as text,
    ):
        sheet.pages[0].add_underlay(text.pages[0], pikepdf.Rectangle(0, 0, 595, 842))
        sheet.save(made)
    path.write_bytes(made.getvalue())
    page = read_page(path, 0, Options("fra"))
    assert page.source == "text-layer"
    assert page.codes == (Code(TEXTS[0], "qr"),)


def test_a_jpeg_of_a_sheet_is_read(sheet: Grey, tmp_path: Path) -> None:
    path = tmp_path / "sheet.jpg"
    Image.fromarray(sheet).save(path, "JPEG", quality=40, dpi=(200, 200))
    assert {code.text for code in read_page(path, 0, Options("fra")).codes} == set(TEXTS)
