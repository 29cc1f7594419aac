"""Words and their characters out of hOCR (http://kba.github.io/hocr-spec/1.2/) as Tesseract writes
it with ``hocr_char_boxes``. Its table of words (TSV) does not tell where characters stand."""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, fromstring

from core.errors import BadInput
from ocr.found import Found

NAMESPACE = "{http://www.w3.org/1999/xhtml}"

_BOX = re.compile(r"\bx?_?bbox(?:es)? (-?\d+) (-?\d+) (-?\d+) (-?\d+)")
_CONFIDENCE = re.compile(r"\bx_wconf (\d+)")


def words_of(hocr: bytes) -> list[Found]:
    """The words in reading order. Raises BadInput when it is no hOCR."""
    try:
        page = fromstring(hocr)  # noqa: S314 - Tesseract's own, and never with entities
    except ParseError as problem:
        raise BadInput(f"Tesseract wrote what is no hOCR: {problem}") from problem
    return list(_words(page))


def _words(page: Element) -> Iterator[Found]:
    blocks = (one for one in page.iter(f"{NAMESPACE}div") if one.get("class") == "ocr_carea")
    for block, area in enumerate(blocks, start=1):
        for paragraph, lines in enumerate(area, start=1):
            for line, words in enumerate(lines, start=1):
                for word in words:
                    found = _word(word, block, paragraph, line)
                    if found is not None:
                        yield found


def _word(word: Element, block: int, paragraph: int, line: int) -> Found | None:
    characters = [one for one in word.iter() if one.get("class") == "ocrx_cinfo"]
    text = "".join("".join(one.itertext()) for one in characters or [word]).strip()
    box, confidence = _box(word), _CONFIDENCE.search(word.get("title", ""))
    if not text or box is None or confidence is None:
        return None
    left, top, right, bottom = box
    middles = tuple((one[0] + one[2]) // 2 for one in map(_box, characters) if one is not None)
    return Found(
        text,
        min(int(confidence[1]), 100),
        left,
        top,
        right - left,
        bottom - top,
        block,
        paragraph,
        line,
        middles if len(middles) == len(text) else (),
    )


def _box(element: Element) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom."""
    found = _BOX.search(element.get("title", ""))
    return None if found is None else (int(found[1]), int(found[2]), int(found[3]), int(found[4]))
