"""One page as a grey picture with square pixels."""

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from ocr.page import Limits
from ocr.source import is_pdf, open_image, open_pdf

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Grey = NDArray[Any]

DPI = 300  # at which pages are read
POINTS = 72  # of PDF, an inch
A4_WIDTH = 8.27  # inches: the width that a picture without a resolution is taken to have
OBLONG = 4.0  # times that a pixel is longer than wide at most: what claims more is mistaken
SQUARE = 1.05  # ratio of resolutions up to which pixels count as square


@dataclass(frozen=True, slots=True)
class Picture:
    grey: "Grey"
    """Rows by columns, uint8, 0 is black."""
    dpi: float


def picture(path: Path, index: int, limits: Limits, *, dpi: float = DPI) -> Picture:
    """The page as it is stored, or as its EXIF data turn it. Raises BadInput when it is too large
    or broken."""
    if is_pdf(path):
        return _of_pdf(path, index, limits, dpi)
    return _of_image(path, index, limits)


def _of_pdf(path: Path, index: int, limits: Limits, dpi: float) -> Picture:
    from pypdfium2 import PdfiumError

    with open_pdf(path) as document:
        try:
            page = document[index]
            width, height = page.get_size()
            if width <= 0 or height <= 0:
                raise BadInput("the page has no size")
            # A page of many metres is read more coarsely, instead of not at all.
            scale = min(dpi / POINTS, sqrt(limits.pixels / (width * height)))
            bitmap = page.render(scale=scale, grayscale=True)
            return Picture(
                bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].copy(),
                scale * POINTS,
            )
        except (PdfiumError, ValueError) as problem:
            raise BadInput("the page is broken") from problem


def _of_image(path: Path, index: int, limits: Limits) -> Picture:
    import numpy
    from PIL import ImageOps

    with open_image(path) as image:
        try:
            if index:
                image.seek(index)
            width, height = image.size
            if width * height > limits.pixels:
                raise BadInput(f"the image is too large: {width} × {height} pixels")
            across, down = _resolution(image)
            grey = numpy.asarray(ImageOps.exif_transpose(_on_white(image)))
        except (OSError, EOFError, ValueError, SyntaxError) as problem:
            raise BadInput("the image is broken") from problem
    return _square(grey, across, down)


def _resolution(image: "Image") -> tuple[float, float]:
    """Dots an inch across and down; taken for a sheet of A4 when the file does not say."""
    given = image.info.get("dpi") or (0, 0)
    across, down = float(given[0]), float(given[1])
    if min(across, down) < 50 or max(across, down) > 2400:
        across = down = max(image.size[0], 1) / A4_WIDTH
    return across, down


def _on_white(image: "Image") -> "Image":
    """Grey; what is transparent is paper."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image.convert("RGBA"))
        return paper.convert("L")
    return image.convert("L")


def _square(grey: "Grey", across: float, down: float) -> Picture:
    """A fax of 204 × 98 dots an inch (ITU-T T.4, standard resolution) is half as high as it should
    be."""
    import cv2

    if max(across, down) / min(across, down) <= SQUARE:
        return Picture(grey, across)
    height, width = grey.shape
    if across > down:
        size = (width, round(height * min(across / down, OBLONG)))
    else:
        size = (round(width * min(down / across, OBLONG)), height)
    return Picture(cv2.resize(grey, size, interpolation=cv2.INTER_CUBIC), max(across, down))
