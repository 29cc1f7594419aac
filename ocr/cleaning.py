"""A page as Tesseract likes it: in even light, without borders and dust, of the right size."""

from math import sqrt
from typing import TYPE_CHECKING, Any

from ocr.dust import without_dust
from ocr.picture import DPI, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

WHITE = 255
COARSE = 0.85  # of the resolution that we like, below which a page is enlarged
FINE = 1.5  # and above which it is reduced
SHADE = 24  # grey levels between light and dark parts of the paper from which it is evened out
BORDER = 0.35  # of a side that a dark blot at the edge takes up when it is a scanner's border


def clean(page: Picture, *, is_fax: bool, pixels: int) -> "Grey":
    """Grey picture for reading, its size changed by one factor alone, of ``pixels`` at most."""
    grey = _sized(page, pixels)
    grey = _smoothed(grey) if is_fax or _is_bilevel(grey) else _evened(grey)
    grey = _without_borders(grey)
    return without_dust(grey)


def _sized(page: Picture, pixels: int) -> "Grey":
    import cv2

    factor = min(DPI / page.dpi, sqrt(pixels / page.grey.size))
    if 1 / FINE <= factor <= 1 / COARSE:
        return page.grey
    kind = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return cv2.resize(page.grey, None, fx=factor, fy=factor, interpolation=kind)


def _is_bilevel(grey: "Grey") -> bool:
    import numpy

    sample = grey[::7, ::7]
    return bool(numpy.mean((sample < 32) | (sample > 223)) > 0.995)


def _smoothed(grey: "Grey") -> "Grey":
    """The stairs of a fax become edges again."""
    import cv2

    return cv2.GaussianBlur(grey, (0, 0), 0.9)


def _evened(grey: "Grey") -> "Grey":
    """Paper in uneven light becomes white everywhere: the picture is divided by its background."""
    import cv2
    import numpy

    small = cv2.resize(grey, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA)
    ground = cv2.medianBlur(cv2.dilate(small, numpy.ones((3, 3), numpy.uint8)), 5)
    light, dark = numpy.percentile(ground, (95, 10))
    if light - dark < SHADE and light > WHITE - SHADE:
        return grey
    ground = cv2.resize(ground, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cv2.divide(grey, numpy.maximum(ground, 1), scale=WHITE)


def _without_borders(grey: "Grey") -> "Grey":
    """White where a scanner saw its own lid: dark, at the edge, and along much of it."""
    import cv2
    import numpy

    small = cv2.resize(grey, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA)
    height, width = small.shape
    if min(height, width) < 8:
        return grey
    count, labels, stats, _ = cv2.connectedComponentsWithStats((small < 96).astype(numpy.uint8))
    cleaned = None
    for label in range(1, count):
        left, top, across, down, _area = stats[label]
        at_edge = left == 0 or top == 0 or left + across == width or top + down == height
        if at_edge and (across > BORDER * width or down > BORDER * height):
            blot = cv2.dilate(
                (labels == label).astype(numpy.uint8), numpy.ones((3, 3), numpy.uint8)
            )
            mask = cv2.resize(blot, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_NEAREST)
            cleaned = grey.copy() if cleaned is None else cleaned
            cleaned[mask > 0] = WHITE
    return grey if cleaned is None else cleaned
