"""A page as a picture for the desk, made by us: what a stranger sent is never shown itself."""

from io import BytesIO
from math import sqrt
from typing import TYPE_CHECKING

from core.errors import BadInput
from ocr.page import Limits
from ocr.picture import POINTS
from ocr.source import File, is_pdf, open_image, open_pdf

if TYPE_CHECKING:
    from PIL.Image import Image

MEDIA_TYPE = "image/jpeg"
QUALITY = 80  # per cent


def page_image(path: File, index: int, rotation: int, width: int, limits: Limits) -> bytes:
    """The page, turned clockwise by ``rotation`` degrees, ``width`` pixels wide at most (JPEG).

    The boxes of its words are fractions of this picture. Raises BadInput, Locked.
    """
    from PIL import Image

    image = _of_pdf(path, index, width, limits) if is_pdf(path) else _of_image(path, index, limits)
    image = image.rotate(-rotation, expand=True)
    if image.width > width:
        height = max(1, round(image.height * width / image.width))
        image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    shown = BytesIO()
    image.save(shown, "JPEG", quality=QUALITY, optimize=True)
    return shown.getvalue()


def _of_pdf(path: File, index: int, width: int, limits: Limits) -> "Image":
    from pypdfium2 import PdfiumError

    with open_pdf(path) as document:
        try:
            page = document[index]
            across, down = page.get_size()
            if min(across, down) <= 0:
                raise BadInput("the page has no size")
            # The shorter side may become the width, when the page is turned.
            scale = min(
                width / min(across, down), sqrt(limits.pixels / (across * down)), 400 / POINTS
            )
            shown: Image = page.render(scale=scale).to_pil().convert("RGB")
            return shown
        except (PdfiumError, ValueError) as problem:
            raise BadInput("the page is broken") from problem


def _of_image(path: File, index: int, limits: Limits) -> "Image":
    from PIL import Image, ImageOps

    with open_image(path) as image:
        try:
            if index:
                image.seek(index)
            if image.size[0] * image.size[1] > limits.pixels:
                raise BadInput("the image is too large to show")
            across, down = (float(dots) for dots in image.info.get("dpi") or (1, 1))
            shown = ImageOps.exif_transpose(image.convert("RGB" if image.mode != "1" else "L"))
        except (OSError, EOFError, ValueError, SyntaxError) as problem:
            raise BadInput("the image is broken") from problem
    if across > 1.05 * down > 0:  # a fax: half as high as it should be
        return shown.resize(
            (shown.width, round(shown.height * min(across / down, 4))), Image.Resampling.BICUBIC
        )
    return shown
