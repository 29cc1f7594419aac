"""How a page lies: turned by quarters, upside down, askew. Told by its lines of text alone.

Tesseract's own detection (``--psm 0``) takes as long as reading the page; in doubt it is read both
ways (:mod:`ocr.reading`).
"""

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

WIDTH = 700  # pixels of the picture that is looked at
WIDEST = 8.0  # degrees that a page may lie askew
COARSE, FINE = 1.0, 0.1  # degrees between angles that are tried
CLEAR = 8.0  # times as sharp as at most angles lines must be for the other way not to be tried
SURER = 1.3  # times as sharp as the other way lines must be for a page to lie on its side
LEAST = 0.15  # degrees that are worth turning back


def ink(grey: "Grey") -> "Grey":
    """1 where there is ink of letters, in a picture of ``WIDTH`` pixels on its shorter side."""
    import cv2
    import numpy

    while min(grey.shape) > 2 * WIDTH:  # by halves, which goes quickly
        grey = cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    factor = WIDTH / max(min(grey.shape), 1)
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    _, black = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    return _without_blots(black.astype(numpy.uint8))


@dataclass(frozen=True, slots=True)
class Lie:
    """How the lines of text lie."""

    sideways: bool
    """They run down the page."""
    skew: float
    """Degrees counter-clockwise that then make them level."""


def lie(black: "Grey") -> Lie:
    """Lines are level where rows with text and rows without follow each other most sharply."""
    found, sideways = _sharpest(black), False
    if found.sharpness < CLEAR * found.usual:
        down = _sharpest(_quarter(black))
        if down.sharpness > SURER * found.sharpness:
            found, sideways = down, True
    level = _sharpness(_quarter(black) if sideways else black)
    is_askew = found.sharpness > 1.1 * level and abs(found.angle) >= LEAST
    return Lie(sideways, found.angle if is_askew else 0.0)


def uprightness(black: "Grey") -> float:
    """Above 0 for upright text and below 0 for upside down, as far from it as that is sure.

    In Latin script capitals, ascenders, accents and dots stand above the small letters, and far
    fewer descenders below.
    """
    import numpy

    rows = black.sum(axis=1).astype(float)
    if rows.max(initial=0) == 0:
        return 0.0
    above = below = 0.0
    for top, bottom in _bands(rows > 0.02 * rows.max()):
        band = rows[top:bottom]
        if len(band) < 5:
            continue
        middle = numpy.flatnonzero(band > 0.5 * numpy.percentile(band, 90))
        above += band[: middle[0]].sum()
        below += band[middle[-1] + 1 :].sum()
    total = above + below
    return 0.0 if total == 0 else (above - below) / total


@dataclass(frozen=True, slots=True)
class _Sharpest:
    """Where lines of text are sharpest."""

    sharpness: float
    angle: float
    usual: float
    """The sharpness at most angles."""


def _sharpest(black: "Grey") -> _Sharpest:
    import numpy

    def tried(angles: Any) -> list[tuple[float, float]]:
        return [(_sharpness(turned(black, angle)), float(angle)) for angle in angles]

    coarse = tried(numpy.arange(-WIDEST, WIDEST + COARSE / 2, COARSE))
    _, best = max(coarse)
    fine = max(tried(numpy.arange(best - COARSE, best + COARSE + FINE / 2, FINE)))
    return _Sharpest(*fine, median(sharpness for sharpness, _ in coarse))


def _quarter(black: "Grey") -> "Grey":
    import numpy

    return numpy.ascontiguousarray(numpy.rot90(black, -1))


def _sharpness(black: "Grey") -> float:
    """How sharply rows with text and rows without follow each other."""
    import numpy

    profile = black.sum(axis=1).astype(float)
    return float(numpy.square(numpy.diff(profile)).sum()) / max(float(profile.sum()), 1.0)


def turned(black: "Grey", angle: float) -> "Grey":
    import cv2

    height, width = black.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return cv2.warpAffine(black, matrix, (width, height), flags=cv2.INTER_NEAREST)


def _without_blots(black: "Grey") -> "Grey":
    """Photographs and rules hide the lines of text."""
    import cv2
    import numpy

    count, labels, stats, _ = cv2.connectedComponentsWithStats(black, connectivity=8)
    largest = WIDTH // 12
    keep = (stats[:, cv2.CC_STAT_WIDTH] < largest) & (stats[:, cv2.CC_STAT_HEIGHT] < largest)
    keep &= stats[:, cv2.CC_STAT_AREA] > 2
    keep[0] = False
    return keep[labels].astype(numpy.uint8) if count > 1 else black


def _bands(rows: Any) -> list[tuple[int, int]]:
    """Where the runs of true begin and end."""
    import numpy

    edges = numpy.flatnonzero(numpy.diff(numpy.concatenate(([0], rows.astype(int), [0]))))
    return [(int(top), int(bottom)) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
