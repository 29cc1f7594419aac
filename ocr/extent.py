"""Where on a page something stands: the rest need not be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

SHRINK = 4  # times that the picture is reduced, to look at it quickly
SPECK = 6  # pixels of the reduced picture up to which a blot is dust
LEAST = 6  # blots, below which a page has nothing to read
MARGIN = 12  # pixels of the reduced picture, of paper that Tesseract likes around text
DARK = 0.5  # of a page, from which it is a photograph or a negative, and read as a whole
CONTRAST = 40  # grey levels that ink is darker than its paper; less is the paper's own grain


@dataclass(frozen=True, slots=True)
class Extent:
    """Pixels, the ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    def turned(self, shape: Sequence[int]) -> "Extent":
        """The same part when the page, of ``shape`` rows and columns, is turned upside down."""
        height, width = shape
        return Extent(
            width - self.right, height - self.bottom, width - self.left, height - self.top
        )


def extent(grey: "Grey") -> Extent | None:
    """The part of a clean, level page that is written on; None for a blank one."""
    import cv2
    import numpy

    factor = 1 / SHRINK
    small = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    edge, black = cv2.threshold(small, 0, 1, cv2.THRESH_BINARY_INV + cv2.THRESH_OTSU)
    if float(numpy.percentile(small, 99)) - edge < CONTRAST / 2:
        return None
    height, width = grey.shape
    if float(black.mean()) > DARK:
        return Extent(0, 0, width, height)
    _, _, stats, _ = cv2.connectedComponentsWithStats(black, connectivity=8)
    blots = stats[1:][stats[1:, cv2.CC_STAT_AREA] > SPECK]
    if len(blots) < LEAST:
        return None
    left, top = blots[:, cv2.CC_STAT_LEFT], blots[:, cv2.CC_STAT_TOP]
    right, bottom = left + blots[:, cv2.CC_STAT_WIDTH], top + blots[:, cv2.CC_STAT_HEIGHT]
    return Extent(
        max(0, SHRINK * (int(left.min()) - MARGIN)),
        max(0, SHRINK * (int(top.min()) - MARGIN)),
        min(width, SHRINK * (int(right.max()) + MARGIN)),
        min(height, SHRINK * (int(bottom.max()) + MARGIN)),
    )
