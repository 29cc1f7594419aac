"""The PDF for download: pages as they came, with words that can be searched."""

from pathlib import Path

import numpy
import pdfplumber
import pytest

from core.errors import BadInput
from ocr.page import Limits, Word
from ocr.searchable import Source, searchable_pdf
from tests.ocr.pages import drawn, printed, scanned_pdf, tiff

LIMITS = Limits()
WORD = Word("Épinal", 90, left=0.2, top=0.6, width=0.3, height=0.05)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return tmp_path / "made.pdf"


def stored(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def place_of(path: Path, number: int = 0) -> tuple[str, float, float, float]:
    """Text, left, middle and width of the page's one word, in fractions of the page."""
    with pdfplumber.open(path) as document:
        page = document.pages[number]
        (word,) = page.extract_words()
        middle = (word["top"] + word["bottom"]) / 2 / float(page.height)
        width = (word["x1"] - word["x0"]) / float(page.width)
        return word["text"], word["x0"] / float(page.width), middle, width


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("kind", ["image", "pdf"])
def test_a_word_lies_behind_its_picture(
    made: Path, tmp_path: Path, kind: str, rotation: int
) -> None:
    sheet = numpy.rot90(drawn(), rotation // 90)
    content = scanned_pdf(sheet) if kind == "pdf" else tiff(sheet)
    source = Source(stored(tmp_path, "scan", content), 0, rotation, (WORD,))
    made.write_bytes(searchable_pdf([source], "Scan", LIMITS))
    text, left, middle, width = place_of(made)
    assert text == "Épinal"
    assert (left, middle, width) == pytest.approx((0.2, 0.625, 0.3), abs=0.02)


def test_pages_of_several_files_come_in_order_and_keep_their_own_text(
    made: Path, tmp_path: Path
) -> None:
    letter = stored(tmp_path, "letter.pdf", printed("first page", "second page"))
    scan = stored(tmp_path, "scan.tif", tiff(drawn(), drawn("other")))
    sources = [Source(letter, 1, 0, ()), Source(scan, 1, 0, (WORD,)), Source(letter, 0, 0, ())]
    made.write_bytes(searchable_pdf(sources, "Dossier GU-7K3M", LIMITS))
    with pdfplumber.open(made) as document:
        texts = [page.extract_text() for page in document.pages]
        assert document.metadata["Title"] == "Dossier GU-7K3M"
    assert texts == ["second page", "Épinal", "first page"]


def test_a_broken_file_is_bad_input(tmp_path: Path) -> None:
    source = Source(stored(tmp_path, "broken", b"%PDF-1.7 nothing"), 0, 0, ())
    with pytest.raises(BadInput):
        searchable_pdf([source], "", LIMITS)
