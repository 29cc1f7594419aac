"""The picture of a page for the desk."""

from io import BytesIO
from pathlib import Path

import numpy
import pytest
from PIL import Image

from core.errors import BadInput
from ocr.page import Limits
from ocr.showing import MEDIA_TYPE, page_image
from tests.ocr.hostile import huge_page, png_bomb
from tests.ocr.pages import drawn, faxed, printed, tiff

LIMITS = Limits(pixels=10_000_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "page"


def shown(file: Path, content: bytes, *, rotation: int = 0, width: int = 400) -> Image.Image:
    file.write_bytes(content)
    image = Image.open(BytesIO(page_image(file, 0, rotation, width, LIMITS)))
    assert Image.MIME[image.format or ""] == MEDIA_TYPE
    return image


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_is_as_wide_as_wanted_and_upright(file: Path, rotation: int) -> None:
    upright = drawn()
    stored = tiff(numpy.rot90(upright, rotation // 90))
    image = shown(file, stored, rotation=rotation)
    plain = Image.fromarray(upright).resize(image.size)
    assert image.width == 400
    difference = numpy.abs(numpy.asarray(image.convert("L"), int) - numpy.asarray(plain, int))
    assert difference.mean() < 5


def test_a_pdf_is_shown(file: Path) -> None:
    image = shown(file, printed("a letter"), width=300)
    assert abs(image.height / image.width - 842 / 595) < 0.02
    assert image.width == 300


def test_a_fax_is_as_high_as_its_sheet(file: Path) -> None:
    content = tiff(faxed(drawn()), dpi=(204, 98), compression="group4")
    image = shown(file, content)
    assert abs(image.height / image.width - 8.27 / 5.83) < 0.05


def test_a_page_of_many_miles_is_shown_small(file: Path) -> None:
    assert shown(file, huge_page(1_000_000)).width <= 400


def test_an_image_that_is_too_large_is_refused(file: Path) -> None:
    with pytest.raises(BadInput, match="too large"):
        shown(file, png_bomb(100_000))
