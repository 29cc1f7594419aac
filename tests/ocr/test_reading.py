"""A page is read however it came: printed, faxed, askew, on its side, upside down."""

from io import BytesIO
from pathlib import Path

import cv2
import numpy
import pytest
from PIL import Image

from core.errors import BadInput
from ocr.dust import without_dust
from ocr.page import Limits, Options, Page
from ocr.reading import read_page
from tests.ocr.pages import (
    LETTER,
    Grey,
    askew,
    drawn,
    faxed,
    heic,
    printed,
    scanned_pdf,
    speckled,
    tiff,
)

OPTIONS = Options(languages="fra")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "page"


def read(file: Path, content: bytes, options: Options = OPTIONS) -> Page:
    file.write_bytes(content)
    return read_page(file, 0, options)


def says_the_letter(page: Page) -> bool:
    found = page.text.split()
    wanted = [word for word in LETTER.split() if len(word) > 3]
    return sum(word in found for word in wanted) >= 0.9 * len(wanted)


def ink_in(page: Page, text: str, shown: Grey) -> float:
    """The share of dark pixels in the word's box; in half a box beside it there are fewer."""
    word = next(word for word in page.words if word.text == text)
    height, width = shown.shape
    box = shown[
        round(word.top * height) : round((word.top + word.height) * height),
        round(word.left * width) : round((word.left + word.width) * width),
    ]
    return float((box < 128).mean())


def test_a_text_layer_is_taken_as_it_is(file: Path) -> None:
    page = read(file, printed(LETTER))
    assert page.source == "text-layer"
    assert page.confidence == 100
    assert "Le lampadaire situé devant le 12 rue des Lilas ne\nfonctionne plus" in page.text


def test_a_scan_is_read_with_its_accents_and_paragraphs(file: Path) -> None:
    page = read(file, scanned_pdf(drawn()))
    assert page.source == "ocr"
    assert says_the_letter(page)
    assert "Madame, Monsieur,\n\n" in page.text
    assert "La nuit, le trottoir\nest très sombre" in page.text
    assert page.confidence > 80
    assert (page.rotation, page.blank) == (0, False)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_page_that_lies_wrong_is_turned(file: Path, quarters: int) -> None:
    page = read(file, tiff(numpy.rot90(drawn(), quarters)))
    assert page.rotation == 90 * quarters
    assert says_the_letter(page)
    assert ink_in(page, "Lampadaire", drawn()) > 0.1


def test_words_of_a_skewed_page_stand_where_they_are_shown(file: Path) -> None:
    shown = askew(drawn(), 2.0)
    page = read(file, tiff(shown))
    assert says_the_letter(page)
    assert ink_in(page, "Lampadaire", shown) > 0.1
    assert ink_in(page, "sombre", shown) > 0.1


def test_a_fax_with_half_the_lines_is_read(file: Path) -> None:
    content = tiff(faxed(drawn()), dpi=(204, 98), compression="group4")
    assert says_the_letter(read(file, content, Options(languages="fra", fax=True)))


def test_specks_are_no_letters(file: Path) -> None:
    page = read(file, tiff(speckled(drawn())))
    assert says_the_letter(page)
    assert len(page.words) < 1.2 * len(LETTER.split())


@pytest.mark.parametrize("share", [0.0, 0.0005])
def test_an_empty_page_is_blank_though_dusty(file: Path, share: float) -> None:
    page = read(file, tiff(speckled(drawn(""), share)))
    assert page.blank
    assert (page.text, page.words, page.confidence) == ("", (), 0)


def test_a_few_words_on_a_page_are_not_blank(file: Path) -> None:
    page = read(file, tiff(drawn("Bonjour Madame")))
    assert not page.blank
    assert page.text == "Bonjour Madame"


def test_a_photograph_is_turned_as_its_camera_says(file: Path) -> None:
    image = Image.fromarray(numpy.ascontiguousarray(numpy.rot90(drawn())))
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter clockwise makes it upright
    made = BytesIO()
    image.save(made, "JPEG", exif=exif, dpi=(200, 200))
    page = read(file, made.getvalue())
    assert page.rotation == 0
    assert says_the_letter(page)


def test_a_photograph_in_the_format_of_telephones_is_read(file: Path) -> None:
    page = read(file, heic(numpy.rot90(drawn(dpi=300))))
    assert page.rotation == 90
    assert says_the_letter(page)


def test_what_an_agent_has_turned_stays_so(file: Path) -> None:
    page = read(file, tiff(numpy.rot90(drawn(), 2)), Options(languages="fra", rotation=180))
    assert page.rotation == 180
    assert says_the_letter(page)


def test_uneven_light_is_evened_out(file: Path) -> None:
    page = drawn()
    light = numpy.linspace(0.45, 1.0, page.shape[1])
    shaded = cv2.GaussianBlur((page * light).astype(numpy.uint8), (0, 0), 0.8)
    assert says_the_letter(read(file, tiff(shaded)))


def test_a_page_that_is_too_large_is_refused(file: Path) -> None:
    with pytest.raises(BadInput, match="too large"):
        read(file, tiff(drawn()), Options(limits=Limits(pixels=1_000)))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_broken_image_is_refused(file: Path) -> None:
    content = tiff(drawn())
    with pytest.raises(BadInput):
        read(file, content[: len(content) // 2])


def test_dust_is_taken_off_every_row_of_a_page() -> None:
    dusty = speckled(numpy.full((1500, 1200), 250, numpy.uint8))
    assert (dusty < 128).sum() > 3_000
    assert (without_dust(dusty)[1:-1] < 128).sum() == 0
