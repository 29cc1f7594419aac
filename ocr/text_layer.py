"""The text that a PDF brings along, by ``pdfplumber``; only when it is real text.

A scanner's own reading may lie unseen over the picture of a page, and be rubbish; some fonts tell
shapes and no letters (``(cid:12)``). Such pages are read anew.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ocr.page import Page, Word

LEAST_LETTERS = 25  # of a page: a page number alone over a picture is not its text
LEAST_SHARE = 0.7  # of characters that are letters, digits or common marks
PICTURE = 0.5  # of the page that pictures cover, from which the text may be a scanner's
LEAST_KNOWN = 0.6  # of the words over a picture that look like words

_RUBBISH = re.compile(r"\(cid:\d+\)|[\x00-\x08\x0e-\x1f\ue000-\uf8ff\ufffd]")
_COMMON = re.compile(r"[^\W_]|[\s.,;:!?'’\"«»()\-–/%€&@+°*=…]")
_LIKE_A_WORD = re.compile(r"^\W*(?:[^\W\d_]{2,}(?:['’-][^\W\d_]+)*|\d[\d.,/:-]*|[aàyôAÀIÔ])\W*$")
_VOWEL = re.compile(r"[aeiouyàâäéèêëîïôöùûüæœ\d]", re.I)


def read_text_layer(path: Path, index: int) -> Page | None:
    """The page's own text, or None when it has none that is worth anything."""
    import pdfplumber
    from pdfminer.pdfexceptions import PDFException

    try:
        with pdfplumber.open(path, pages=[index + 1], unicode_norm="NFC") as document:
            page = document.pages[0]
            if len(page.chars) < LEAST_LETTERS:
                return None
            found = page.extract_words(use_text_flow=False, keep_blank_chars=False)
            covered = _covered(page)
            words = tuple(_word(word, page) for word in found)
    except (
        PDFException,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        AttributeError,
        RecursionError,
    ):
        return None  # pdfminer gives up on much that pdfium shows: then it is read from the picture
    if not is_real([word.text for word in words], over_picture=covered > PICTURE):
        return None
    return Page(
        text=_text(found),
        words=words,
        codes=(),
        rotation=0,
        confidence=100,
        blank=False,
        source="text-layer",
    )


def is_real(words: Sequence[str], *, over_picture: bool) -> bool:
    """Whether words are somebody's, and not what a machine made of specks."""
    text = " ".join(words)
    letters = sum(character.isalnum() for character in text)
    if letters < LEAST_LETTERS or len(_RUBBISH.findall(text)) * 20 > len(words):
        return False
    if len(_COMMON.findall(text)) < LEAST_SHARE * len(text):
        return False
    known = sum(bool(_LIKE_A_WORD.match(word) and _VOWEL.search(word)) for word in words)
    return not over_picture or known >= LEAST_KNOWN * len(words)


def _covered(page: Any) -> float:
    """The share of the page that its largest picture covers."""
    area = float(page.width) * float(page.height)
    pictures = (float(one["width"]) * float(one["height"]) for one in page.images)
    return max(pictures, default=0.0) / max(area, 1.0)


def _word(word: dict[str, Any], page: Any) -> Word:
    left, top, _, _ = page.bbox
    width, height = float(page.width) or 1.0, float(page.height) or 1.0
    return Word(
        word["text"],
        100,
        round((float(word["x0"]) - left) / width, 4),
        round((float(word["top"]) - top) / height, 4),
        round((float(word["x1"]) - float(word["x0"])) / width, 4),
        round((float(word["bottom"]) - float(word["top"])) / height, 4),
    )


def _text(words: Sequence[dict[str, Any]]) -> str:
    """Lines from the words' places; a gap of more than a line is an empty line."""
    lines: list[str] = []
    last: dict[str, Any] | None = None
    for word in words:
        if last is not None and abs(word["top"] - last["top"]) < 0.5 * (
            last["bottom"] - last["top"]
        ):
            lines[-1] += f" {word['text']}"
        else:
            if last is not None and word["top"] - last["bottom"] > word["bottom"] - word["top"]:
                lines.append("")
            lines.append(word["text"])
        last = word
    return "\n".join(lines)
