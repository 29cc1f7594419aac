"""A page is turned and straightened, as far as its lines of text tell how."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ocr.straight import ink, lie, turned, uprightness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

SURE = 0.08  # of uprightness, below which it is not known whether a page is upside down


@dataclass(frozen=True, slots=True)
class Leveled:
    grey: "Grey"
    """The picture that was given when there was nothing to turn."""
    rotation: int
    """Degrees clockwise (0, 90, 180, 270) that it was turned by."""
    skew: float
    """Degrees counter-clockwise after that."""
    is_sure: bool
    """That it is not upside down."""


def leveled(grey: "Grey", wanted: int | None = None) -> Leveled:
    """Upright, with level lines; ``wanted`` is the rotation that somebody has chosen."""
    if wanted is not None:
        grey = _quarters(grey, wanted // 90)
        found = lie(ink(grey))
        skew = 0.0 if found.sideways else found.skew
        return Leveled(_level(grey, skew), wanted, skew, is_sure=True)
    black = ink(grey)
    found = lie(black)
    quarters = int(found.sideways)
    up = uprightness(turned(_quarters(black, quarters), found.skew))
    if up < -SURE:
        quarters += 2
    grey = _level(_quarters(grey, quarters), found.skew)
    return Leveled(grey, 90 * quarters, found.skew, is_sure=abs(up) >= SURE)


def half_turned(grey: "Grey") -> "Grey":
    return _quarters(grey, 2)


def _quarters(grey: "Grey", count: int) -> "Grey":
    """Turned clockwise, pixel by pixel."""
    import numpy

    return numpy.ascontiguousarray(numpy.rot90(grey, -count)) if count else grey


def _level(grey: "Grey", angle: float) -> "Grey":
    import cv2

    if not angle:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    return cv2.warpAffine(grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
