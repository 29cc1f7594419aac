"""A page is read in its own language, when that is sure."""

from pathlib import Path

import pytest

from ocr.found import Found
from ocr.language import language_of, spoken
from ocr.page import Options
from ocr.pronoun import with_pronoun
from ocr.reading import read_page
from tests.ocr.pages import LETTER, drawn, tiff

ENGLISH = """I have lived in your town for three years and
would like to register as a voter. The form that
I need is said to be at your office; may I fetch
it on a Saturday, or is it sent by post?
"""


def found(text: str, *, height: int = 40) -> Found:
    return Found(text, 90, 0, 0, 20, height, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "among", "language"),
    [
        (LETTER, ["fra", "eng"], "fra"),
        (ENGLISH, ["fra", "eng"], "eng"),
        (ENGLISH, ["fra"], None),
        ("Der Baum vor meinem Haus ist gestern umgefallen.", ["fra", "eng"], None),
        ("Invoice", ["fra", "eng"], None),
    ],
)
def test_a_language_is_told_that_pages_may_be_read_in(
    text: str, among: list[str], language: str | None
) -> None:
    assert spoken(text, among) == language


def test_a_name_and_numbers_are_in_no_language_for_sure() -> None:
    told = language_of("06 12 98 45 77 LEFEBVRE Thionville 57100 - 12/03/2026")
    assert told is not None
    assert told[1] < 95


def test_an_english_letter_is_read_in_english(tmp_path: Path) -> None:
    path = tmp_path / "letter.tif"
    path.write_bytes(tiff(drawn(ENGLISH, dpi=300), dpi=(300, 300)))
    assert read_page(path, 0, Options("fra+eng")).text.split() == ENGLISH.split()


def test_a_lone_stroke_is_the_pronoun() -> None:
    words = [found(text) for text in ("May", "|", "or", "l", "come?", "|'m", "late", "l’ve", "lot")]
    assert [word.text for word in with_pronoun(words)] == (
        ["May", "I", "or", "I", "come?", "I'm", "late", "I’ve", "lot"]
    )


def test_a_stroke_higher_than_the_words_is_a_rule() -> None:
    words = [found("Name"), found("|", height=90), found("Date")]
    assert [word.text for word in with_pronoun(words)] == ["Name", "|", "Date"]
