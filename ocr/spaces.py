"""Spaces that Tesseract swallows are seen in the picture: "9hà12h" was "9 h à 12 h".

Its network reads a line in one go and is not sure of spaces around digits and single letters; but
where a gap within a word is as wide as those between the other words of its line, a space it is.
Digits are as wide as each other, so that a 1 has much paper beside it, and so has an apostrophe of
a typewriter: there no gap counts.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from ocr.found import Found

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

WIDE = 0.85  # of the gap between words, from which a gap is one itself
APOSTROPHES = "'’"
FEW = 2  # gaps in a line, below which the page's other lines say how wide they are


def with_spaces(words: Sequence[Found], grey: "Grey") -> list[Found]:
    """The same words, those taken apart that stand apart in the picture that was read."""
    import cv2

    lines: dict[tuple[int, int, int], list[Found]] = defaultdict(list)
    for word in words:
        lines[word.place].append(word)
    edge, _ = cv2.threshold(grey[::3, ::3], 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    usual = _usual(list(lines.values()))
    return [
        part
        for line in lines.values()
        for word in line
        for part in _parts(word, grey, edge, _gap(line, usual))
    ]


def _gaps(line: Sequence[Found]) -> list[int]:
    """Between the words, in pixels."""
    gaps = (after.left - before.left - before.width for before, after in pairwise(line))
    return [gap for gap in gaps if gap > 0]


def _height(line: Sequence[Found]) -> int:
    return max(word.height for word in line)


def _usual(lines: Sequence[Sequence[Found]]) -> float:
    """The gap between words of this page, as a share of the height of their line."""
    shares = [gap / _height(line) for line in lines for gap in _gaps(line)]
    return median(shares) if len(shares) > FEW else float("inf")


def _gap(line: Sequence[Found], usual: float) -> float:
    """From how many pixels on a gap in this line is a space."""
    gaps = _gaps(line)
    return WIDE * (median(gaps) if len(gaps) >= FEW else usual * _height(line))


def _parts(word: Found, grey: "Grey", edge: float, wide: float) -> Iterator[Found]:
    begin, left = 0, word.left
    for gap_left, gap_right in _white(word, grey, edge, wide) if len(word.middles) > 1 else ():
        end = sum(middle < (gap_left + gap_right) / 2 for middle in word.middles)
        if begin < end < len(word.middles) and _may_part(word.text[end - 1], word.text[end]):
            yield _part(word, begin, end, left, gap_left)
            begin, left = end, gap_right
    yield _part(word, begin, len(word.text), left, word.left + word.width) if begin else word


def _may_part(before: str, after: str) -> bool:
    both_digits = before.isdigit() and after.isdigit()
    return not both_digits and before not in APOSTROPHES and after not in APOSTROPHES


def _part(word: Found, begin: int, end: int, left: int, right: int) -> Found:
    return replace(
        word,
        text=word.text[begin:end],
        middles=word.middles[begin:end],
        left=left,
        width=right - left,
    )


def _white(word: Found, grey: "Grey", edge: float, wide: float) -> list[tuple[int, int]]:
    """Where columns without ink begin and end, of the word's own height, that are so wide."""
    import numpy

    box = grey[word.top : word.top + word.height, word.left : word.left + word.width]
    dark = numpy.flatnonzero((box < edge).any(axis=0)) + word.left
    wider = numpy.flatnonzero(numpy.diff(dark) - 1 >= wide)
    return [(int(dark[one]) + 1, int(dark[one + 1])) for one in wider]
