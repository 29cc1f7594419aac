"""From a clean picture to words, by Tesseract (https://tesseract-ocr.github.io/) as a program
beside, through ``pytesseract``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from ocr.picture import DPI

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

CONFIG = f"--psm 3 --oem 1 --dpi {DPI} -c tessedit_do_invert=0"
"""Columns are found; white text on black is not searched for in every dark line."""


@dataclass(frozen=True, slots=True)
class Found:
    """A word in the picture that was read; the box in its pixels."""

    text: str
    confidence: int
    left: int
    top: int
    width: int
    height: int
    block: int
    paragraph: int
    line: int


def recognize(grey: "Grey", languages: str, *, seconds: float) -> list[Found]:
    """The words in reading order.

    Raises BadInput when Tesseract fails or takes longer than ``seconds``.
    """
    import cv2
    import pytesseract

    with TemporaryDirectory(prefix="guichet-page-") as folder:
        file = Path(folder) / "page.pgm"  # nothing to compress, nothing to unpack
        cv2.imwrite(str(file), grey)
        try:
            table = pytesseract.image_to_data(
                str(file),
                lang=languages,
                config=CONFIG,
                timeout=seconds,
                output_type=pytesseract.Output.DICT,
            )
        except pytesseract.TesseractNotFoundError as problem:
            raise BadInput("Tesseract is not installed: guichet check says more") from problem
        except (RuntimeError, pytesseract.TesseractError, UnicodeDecodeError) as problem:
            raise BadInput(f"Tesseract could not read the page: {problem}") from problem
    return list(_words(table))


def confidence_of(words: Sequence[Found]) -> int:
    """Of all words together; a long one counts more."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) // max(letters, 1)


def text_of(words: Sequence[Found]) -> str:
    """Lines, with an empty one between paragraphs."""
    lines: list[str] = []
    place: tuple[int, int, int] | None = None
    for word in words:
        here = (word.block, word.paragraph, word.line)
        if place is None or here != place:
            if place is not None and here[:2] != place[:2]:
                lines.append("")
            lines.append(word.text)
        else:
            lines[-1] += f" {word.text}"
        place = here
    return "\n".join(lines)


def _words(table: dict[str, list[Any]]) -> Iterator[Found]:
    for number, given in enumerate(table["text"]):
        text = str(given).strip()
        confidence = round(float(table["conf"][number]))
        if text and confidence >= 0:
            yield Found(
                text,
                min(confidence, 100),
                *(int(table[name][number]) for name in ("left", "top", "width", "height")),
                *(int(table[name][number]) for name in ("block_num", "par_num", "line_num")),
            )
