"""Reading one page, in a process beside: its text layer, else its picture."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from ocr.cleaning import clean
from ocr.codes import codes
from ocr.extent import Extent, extent
from ocr.found import Found, confidence_of, text_of
from ocr.language import spoken
from ocr.leveling import half_turned, leveled
from ocr.page import Options, Page, Word
from ocr.picture import Picture, picture
from ocr.pronoun import with_pronoun
from ocr.recognition import BLOCK, PAGE, recognize
from ocr.rows import read_ruled
from ocr.ruled import Ruled, ruled
from ocr.source import is_pdf
from ocr.text_layer import read_text_layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

POOR = 60  # per cent of confidence below which another way of reading is tried
GOOD = 85  # per cent from which the first language alone is enough
ENGLISH = "eng"


def read_page(path: Path, index: int, options: Options) -> Page:
    """Read a page of a PDF or an image; ``index`` counts from 0.

    Raises BadInput when it is broken, too large, or takes too long.
    """
    import cv2

    try:
        return _read_page(path, index, options)
    except (MemoryError, cv2.error) as problem:
        raise BadInput("the page takes more memory than it may have") from problem


def _read_page(path: Path, index: int, options: Options) -> Page:
    if is_pdf(path) and options.rotation in (None, 0):
        page = read_text_layer(path, index)
        if page is not None:
            seen = picture(path, index, options.limits, dpi=150)
            return replace(page, codes=codes(seen.grey))
    return _read_picture(picture(path, index, options.limits), options)


def _read_picture(seen: Picture, options: Options) -> Page:
    deadline = monotonic() + options.limits.seconds
    grey = clean(seen, is_fax=options.fax, pixels=options.limits.pixels)
    page = leveled(grey, options.rotation)
    level, rotation = page.grey, page.rotation
    found_codes = codes(seen.grey, level)
    part = extent(level)
    if part is None:
        return Page("", (), found_codes, rotation, 0, blank=True, source="ocr")
    written = level[part.top : part.bottom, part.left : part.right]
    words = _recognize(written, options, deadline)
    if not page.is_sure and confidence_of(words) < POOR:
        other = _recognize(half_turned(written), options, deadline)
        if confidence_of(other) > confidence_of(words) + 10:
            words, rotation, part = other, (rotation + 180) % 360, part.turned(level.shape)
    return Page(
        text=text_of(words),
        words=_placed(words, part, level.shape, page.skew),
        codes=found_codes,
        rotation=rotation,
        confidence=confidence_of(words),
        blank=False,
        source="ocr",
    )


def _recognize(grey: "Grey", options: Options, deadline: float) -> list[Found]:
    """By the first language alone where that goes well: each one more takes its time.

    What is in another language, or badly readable, is read a second time.
    """
    form, languages = ruled(grey), options.languages.split("+")
    words = _recognize_in(languages[0], grey, form, deadline)
    language = spoken(text_of(words), languages)
    if language not in (None, languages[0]):
        words = _recognize_in(language, grey, form, deadline)
    elif len(languages) > 1 and confidence_of(words) < GOOD:
        every = _recognize_in(options.languages, grey, form, deadline)
        words = max(words, every, key=confidence_of)
    return with_pronoun(words) if language == ENGLISH else words


def _recognize_in(languages: str, grey: "Grey", form: Ruled | None, deadline: float) -> list[Found]:
    def read(picture: "Grey", mode: int = PAGE) -> list[Found]:
        return recognize(picture, languages, seconds=max(1.0, deadline - monotonic()), mode=mode)

    if form is None:
        return read(grey)
    return read_ruled(grey, form, read, partial(read, mode=BLOCK))


def _placed(
    words: Sequence[Found], part: Extent, shape: Sequence[int], angle: float
) -> tuple[Word, ...]:
    """The boxes turned back to where the words stand on the page as it is shown."""
    import cv2

    height, width = shape[:2]
    back = cv2.getRotationMatrix2D((width / 2, height / 2), -angle, 1.0)
    return tuple(_place(word, part, back, width, height) for word in words)


def _place(word: Found, part: Extent, back: Any, width: int, height: int) -> Word:
    across = part.left + word.left + word.width / 2
    down = part.top + word.top + word.height / 2
    x = back[0][0] * across + back[0][1] * down + back[0][2]
    y = back[1][0] * across + back[1][1] * down + back[1][2]
    return Word(
        word.text,
        word.confidence,
        round(_within(float(x - word.width / 2) / width), 4),
        round(_within(float(y - word.height / 2) / height), 4),
        round(word.width / width, 4),
        round(word.height / height, 4),
    )


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)
