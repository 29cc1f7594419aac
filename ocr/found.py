"""Words as they were found in the picture that was read."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import inf

CLOSE = 1.3  # times the usual step between lines, up to which a line belongs to the one above
WIDE = 1.8  # and from which it does not, although Tesseract says so


@dataclass(frozen=True, slots=True)
class Found:
    """A word; its box in the picture's pixels."""

    text: str
    confidence: int
    left: int
    top: int
    width: int
    height: int
    block: int
    """Below 0 for rows of a form."""
    paragraph: int
    line: int
    middles: tuple[int, ...] = ()
    """Of each character, across the picture; none where that is not known."""

    @property
    def place(self) -> tuple[int, int, int]:
        """The line that it stands in, of all lines of the page."""
        return self.block, self.paragraph, self.line


def confidence_of(words: Sequence[Found]) -> int:
    """Of all words together; a long one counts more."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) // max(letters, 1)


def text_of(words: Sequence[Found]) -> str:
    """Lines, with an empty one between paragraphs.

    Of a page that lay askew Tesseract takes single lines for paragraphs: what follows its line
    closely belongs to it.
    """
    lines = [_Line(place, list(group)) for place, group in groupby(words, key=_place)]
    pairs = list(pairwise(lines))
    steps = sorted(step for pair in pairs if (step := _step(*pair)) < inf and pair[1].place[0] >= 0)
    usual = steps[len(steps) // 4] if steps else 1.0
    text = [lines[0].text] if lines else []
    for before, after in pairs:
        if _is_apart(before, after, usual):
            text.append("")
        text.append(after.text)
    return "\n".join(text)


class _Line:
    def __init__(self, place: tuple[int, int, int], words: Sequence[Found]) -> None:
        self.place = place
        self.text = " ".join(word.text for word in words)
        self.left = min(word.left for word in words)
        self.right = max(word.left + word.width for word in words)
        self.top = min(word.top for word in words)
        self.bottom = max(word.top + word.height for word in words)


def _place(word: Found) -> tuple[int, int, int]:
    return word.place


def _step(before: _Line, after: _Line) -> float:
    """From one line down to the next, in heights of a line; infinite for one that is not beneath
    it, as at the head of a column."""
    down = (after.top + after.bottom - before.top - before.bottom) / 2
    if down <= 0 or after.left > before.right or after.right < before.left:
        return inf
    return down / max(before.bottom - before.top, after.bottom - after.top)


def _is_apart(before: _Line, after: _Line, usual: float) -> bool:
    same = before.place[:2] == after.place[:2]
    if min(before.place[0], after.place[0]) < 0:
        return not same
    return _step(before, after) > usual * (WIDE if same else CLOSE)
