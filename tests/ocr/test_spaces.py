"""Spaces that Tesseract swallows are found in the picture, and none where there is none."""

from collections.abc import Sequence

import numpy
import pytest
from PIL import Image, ImageDraw, ImageFont

from ocr.found import Found
from ocr.spaces import with_spaces
from tests.ocr.pages import FONT, Grey

SIZE, TOP, LEFT = 46, 30, 30  # pixels: eleven points at 300 dots an inch


def line(words: Sequence[str], *, spaces: float = 1.0) -> tuple[Grey, list[Found]]:
    """The words in a picture, and as Tesseract finds them: what has a space in it as one."""
    font = ImageFont.truetype(FONT, SIZE)
    image = Image.new("L", (2000, 120), 255)
    pen, found, left = ImageDraw.Draw(image), [], float(LEFT)
    for word in words:
        begin, middles = left, []
        for letter in word:
            if letter != " ":
                pen.text((left, TOP), letter, fill=0, font=font)
                middles.append(round(left + font.getlength(letter) / 2))
            left += font.getlength(letter) * (spaces if letter == " " else 1)
        width = round(left - begin)
        joined = word.replace(" ", "")
        found.append(
            Found(joined, 90, round(begin), TOP, width, SIZE + 10, 1, 1, 1, tuple(middles))
        )
        left += font.getlength(" ") * spaces
    return numpy.asarray(image), found


def texts(grey: Grey, words: Sequence[Found]) -> list[str]:
    return [word.text for word in with_spaces(words, grey)]


def test_words_that_stand_apart_are_taken_apart() -> None:
    grey, words = line(["le", "samedi", "de 9 h à 12 h.", "au", "gymnase"])
    found = with_spaces(words, grey)
    assert " ".join(word.text for word in found) == "le samedi de 9 h à 12 h. au gymnase"
    assert [word.left for word in found] == sorted(word.left for word in found)
    box = next(word for word in found if word.text == "à")
    assert (grey[box.top : box.top + box.height, box.left : box.left + box.width] < 128).any()


@pytest.mark.parametrize("word", ["118", "l'enfant", "aujourd’hui", "rivière", "(TTC)"])
def test_a_word_stays_whole(word: str) -> None:
    assert texts(*line(["la", word, "de", "mars"], spaces=0.6)) == ["la", word, "de", "mars"]


def test_a_single_line_tells_nothing_of_the_width_of_spaces() -> None:
    assert texts(*line(["9 h"])) == ["9h"]


def test_no_words_are_no_words() -> None:
    assert with_spaces([], numpy.full((50, 50), 255, numpy.uint8)) == []
