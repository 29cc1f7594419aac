"""Words as they were found in the picture that was read."""

from collections.abc import Sequence
from dataclasses import dataclass


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
    """Lines, with an empty one between paragraphs."""
    lines: list[str] = []
    last: tuple[int, int, int] | None = None
    for word in words:
        if last is None or word.place != last:
            if last is not None and word.place[:2] != last[:2]:
                lines.append("")
            lines.append(word.text)
        else:
            lines[-1] += f" {word.text}"
        last = word.place
    return "\n".join(lines)
