"""Reading a form row by row: its pieces of text are put side by side, so that Tesseract sees a
line where there was a label, a box and a word in it, and its words are put back where they stood.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ocr.found import Found
from ocr.ruled import Piece, Row, Ruled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

MARGIN = 40  # pixels of paper around the text
BESIDE = 45  # between two pieces of a line
BENEATH = 24  # between two lines

Read = Callable[["Grey"], list[Found]]
"""Words of a picture."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A piece, and where its left upper corner has come to stand."""

    piece: Piece
    row: int
    left: int
    top: int


def read_ruled(grey: "Grey", form: Ruled, read: Read, read_lines: Read) -> list[Found]:
    """The words of the rows and of what is around them, from above.

    ``read`` finds columns and paragraphs, ``read_lines`` takes the picture for lines.
    """
    moved = list(_moved(form.rows))
    inside = _put_back(read_lines(_drawn(form, moved)), moved)
    return list(_in_order(read(_without(grey, form)), inside, form.rows))


def _moved(rows: Sequence[Row]) -> Iterator[Moved]:
    """One line a row; the pieces one beneath the other when some have several lines."""
    down = MARGIN
    for number, row in enumerate(rows):
        across = MARGIN
        for piece in row.pieces:
            yield Moved(piece, number, across, down)
            if row.one_line:
                across += piece.right - piece.left + BESIDE
            else:
                down += piece.bottom - piece.top + BENEATH
        if row.one_line:
            down += row.bottom - row.top + BENEATH


def _drawn(form: Ruled, moved: Sequence[Moved]) -> "Grey":
    import numpy

    width = max(one.left + one.piece.right - one.piece.left for one in moved) + MARGIN
    height = max(one.top + one.piece.bottom - one.piece.top for one in moved) + MARGIN
    drawn = numpy.full((height, width), form.paper, numpy.uint8)
    for one in moved:
        inside = (slice(one.piece.top, one.piece.bottom), slice(one.piece.left, one.piece.right))
        piece = form.without_rules[inside]
        down, across = piece.shape
        drawn[one.top : one.top + down, one.left : one.left + across] = piece
    return drawn


def _without(grey: "Grey", form: Ruled) -> "Grey":
    """What is around the rows."""
    around = grey.copy()
    for row in form.rows:
        around[row.top : row.bottom] = form.paper
    return around


def _put_back(words: Sequence[Found], moved: Sequence[Moved]) -> list[list[Found]]:
    """Words by their rows."""
    rows: list[list[Found]] = [[] for _ in range(moved[-1].row + 1)]
    for word in words:
        one = min(moved, key=lambda one: _distance(word, one))
        right, down = one.piece.left - one.left, one.piece.top - one.top
        rows[one.row].append(replace(word, left=word.left + right, top=word.top + down, middles=()))
    return rows


def _distance(word: Found, one: Moved) -> tuple[float, float]:
    """Of the word's middle from the piece, down and across; 0 inside."""
    across, down = word.left + word.width / 2, word.top + word.height / 2
    width, height = one.piece.right - one.piece.left, one.piece.bottom - one.piece.top
    return (
        max(one.top - down, down - one.top - height, 0.0),
        max(one.left - across, across - one.left - width, 0.0),
    )


def _in_order(
    around: Sequence[Found], inside: Sequence[Sequence[Found]], rows: Sequence[Row]
) -> Iterator[Found]:
    """Rows stand before the first line that is beneath them; those that follow each other are
    one paragraph, of a block of its own."""
    waiting = list(zip(rows, inside, strict=True))
    region = -1
    for _, words in groupby(around, key=lambda word: word.place):
        line = list(words)
        above = [one for one in waiting if one[0].top < line[0].top]
        yield from _paragraph(above, region)
        waiting, region = waiting[len(above) :], region - bool(above)
        yield from line
    yield from _paragraph(waiting, region)


def _paragraph(rows: Sequence[tuple[Row, Sequence[Found]]], block: int) -> Iterator[Found]:
    number = 0
    for row, words in rows:
        for _, line in groupby(words, key=lambda word: () if row.one_line else word.place):
            number += 1
            yield from (replace(word, block=block, paragraph=1, line=number) for word in line)
