"""Where a form or a table is ruled into cells: its rows, each with its pieces of text.

Tesseract looks for columns first. Of a form it then reads all labels, and what is filled in
afterwards; and a lone "3" in its box it takes for dust.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

SHRINK = 2  # times that the picture is reduced to look for rules; what follows is in its pixels
RULE = 75  # that a level rule is long at least: half an inch
POST = 21  # that an upright one is
THICK = 10  # that no rule is: a photograph
NARROWEST, LOWEST, HIGHEST = 52, 18, 150  # a cell; what is higher is a frame around much text
FULL = 0.9  # of its box that a cell takes up: it has right angles
LEAST = 3  # cells, below which a page is read as any other
SHARED = 0.3  # of its height from which a cell stands in the row of another
REACH = 30  # that text beside a cell may be higher or lower than it
GAP = 30  # of paper between two pieces of text; a space has a third of it
TALL = 9  # a line of text; accents and dots that stand alone are lower


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a row, in pixels of the picture, the ends excluded."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Row:
    pieces: tuple[Piece, ...]
    """From left to right."""
    one_line: bool
    """None of them has several lines: the row is read across."""
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Ruled:
    rows: tuple[Row, ...]
    """From above."""
    without_rules: "Grey"
    """The picture, paper where its rules were."""
    paper: int
    """The grey level of its paper."""


def ruled(grey: "Grey") -> Ruled | None:
    """The rows of a clean, level picture; None when it has no cells."""
    import cv2
    import numpy

    small = cv2.resize(grey, None, fx=1 / SHRINK, fy=1 / SHRINK, interpolation=cv2.INTER_AREA)
    edge, ink = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    rules = _rules(ink)
    bands = _bands(_cells(rules)) if rules is not None else []
    if rules is None or not bands:
        return None
    left = ink & ~rules & 1
    spans = [_span(left, band, bands) for band in bands]
    rows = [_row(left, rules, span) for span in spans if span is not None]
    written = tuple(row for row in rows if row.pieces)
    if len(rows) < len(bands) or not written:
        return None  # text that runs past the cells, or none: it is no form
    paper = int(numpy.median(small[small > edge]))
    return Ruled(written, _erased(grey, rules, paper), paper)


def _rules(ink: "Grey") -> "Grey | None":
    """1 where rules are, a little wider than they are; None without any."""
    import cv2
    import numpy

    def opened(by: tuple[int, int]) -> "Grey":
        return cv2.morphologyEx(ink, cv2.MORPH_OPEN, numpy.ones(by, numpy.uint8))

    level = opened((1, RULE))
    if not level.any():
        return None
    lines = cv2.bitwise_and(cv2.bitwise_or(level, opened((POST, 1))), 1 - opened((THICK, THICK)))
    both = cv2.dilate(lines, numpy.ones((3, 3), numpy.uint8))
    # The stem of a large letter is no rule: it meets no level one.
    count, labels = cv2.connectedComponents(both)
    kept = numpy.zeros(count, numpy.uint8)
    kept[numpy.unique(labels[level > 0])] = 1
    kept[0] = 0
    found: Grey = kept[labels]
    return found


def _cells(rules: "Grey") -> list[tuple[int, int]]:
    """The top and bottom of each piece of paper that rules enclose."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(1 - rules, connectivity=4)
    height, width = rules.shape
    return [
        (int(top), int(top + down))
        for left, top, across, down, area in stats[1:]
        if across >= NARROWEST
        and LOWEST <= down <= HIGHEST
        and area >= FULL * across * down
        and left > 0
        and top > 0
        and left + across < width
        and top + down < height
    ]


def _bands(cells: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The top and bottom of each row of cells, from above; none of a page with few cells."""
    bands: list[tuple[int, int]] = []
    for top, bottom in sorted(cells) if len(cells) >= LEAST else ():
        last = bands[-1] if bands else (0, 0)
        if last[1] - top > SHARED * min(bottom - top, last[1] - last[0]):
            bands[-1] = (last[0], max(last[1], bottom))
        else:
            bands.append((top, bottom))
    return bands


def _span(
    ink: "Grey", band: tuple[int, int], bands: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    """The band with all of the text beside it; None when that goes on above or below."""
    rows: Any = ink.any(axis=1)
    above = max((bottom for _, bottom in bands if bottom <= band[0]), default=0)
    below = min((top for top, _ in bands if top >= band[1]), default=len(rows))
    top, bottom = band
    while top > max(above, band[0] - REACH) and rows[top - 1]:
        top -= 1
    while bottom < min(below, band[1] + REACH) and rows[bottom]:
        bottom += 1
    return None if top == band[0] - REACH or bottom == band[1] + REACH else (top, bottom)


def _row(ink: "Grey", rules: "Grey", span: tuple[int, int]) -> Row:
    top, bottom = span
    written = ink[top:bottom]
    posts = rules[top:bottom].mean(axis=0) > FULL
    pieces, one_line = [], True
    for left, right in _runs(written.any(axis=0), posts):
        lines = list(_lines(written[:, left:right].any(axis=1)))
        if lines:
            one_line = one_line and len(lines) == 1
            pieces.append(_enlarged(left, top, right, bottom))
    return Row(tuple(pieces), one_line, SHRINK * top, SHRINK * bottom)


def _enlarged(left: int, top: int, right: int, bottom: int) -> Piece:
    return Piece(SHRINK * left, SHRINK * top, SHRINK * right, SHRINK * bottom)


def _runs(dark: Any, posts: Any) -> Iterator[tuple[int, int]]:
    """Where text begins and ends, between gaps of paper and upright rules."""
    import numpy

    columns = numpy.flatnonzero(dark & ~posts)
    if not len(columns):
        return
    crossed = numpy.cumsum(posts)
    apart = (numpy.diff(columns) > GAP) | (numpy.diff(crossed[columns]) > 0)
    begins = numpy.concatenate(([0], numpy.flatnonzero(apart) + 1))
    ends = numpy.concatenate((numpy.flatnonzero(apart), [len(columns) - 1]))
    for begin, end in zip(begins, ends, strict=True):
        yield int(columns[begin]), int(columns[end]) + 1


def _lines(dark: Any) -> Iterator[tuple[int, int]]:
    import numpy

    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], dark.astype(int), [0]))))
    for top, bottom in zip(edges[::2], edges[1::2], strict=True):
        if bottom - top >= TALL:
            yield int(top), int(bottom)


def _erased(grey: "Grey", rules: "Grey", paper: int) -> "Grey":
    import cv2

    height, width = grey.shape
    mask = cv2.resize(rules, (width, height), interpolation=cv2.INTER_NEAREST)
    erased = grey.copy()
    erased[mask > 0] = paper
    return erased
