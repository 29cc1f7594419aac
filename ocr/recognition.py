"""From a clean picture to words, by Tesseract (https://tesseract-ocr.github.io/) as a program
beside, through ``pytesseract``."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from ocr.found import Found
from ocr.hocr import words_of
from ocr.picture import DPI
from ocr.spaces import with_spaces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

PAGE = 3
"""Tesseract's mode of segmentation that finds columns."""
BLOCK = 6
"""The one that takes the picture for lines one beneath the other."""
CONFIG = f"--oem 1 --dpi {DPI} -c tessedit_do_invert=0 -c hocr_char_boxes=1"
"""White text on black is not searched for in every dark line."""


def recognize(grey: "Grey", languages: str, *, seconds: float, mode: int = PAGE) -> list[Found]:
    """The words in reading order.

    Raises BadInput when Tesseract fails or takes longer than ``seconds``.
    """
    import cv2
    import pytesseract

    with TemporaryDirectory(prefix="guichet-page-") as folder:
        file = Path(folder) / "page.pgm"  # nothing to compress, nothing to unpack
        cv2.imwrite(str(file), grey)
        try:
            hocr: bytes = pytesseract.image_to_pdf_or_hocr(
                str(file),
                lang=languages,
                config=f"{CONFIG} --psm {mode}",
                timeout=seconds,
                extension="hocr",
            )
        except pytesseract.TesseractNotFoundError as problem:
            raise BadInput("Tesseract is not installed: guichet check says more") from problem
        except (RuntimeError, pytesseract.TesseractError) as problem:
            raise BadInput(f"Tesseract could not read the page: {problem}") from problem
    return with_spaces(words_of(hocr), grey)
