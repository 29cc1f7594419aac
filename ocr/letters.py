"""A scanned batch is cut into letters: at separator sheets, or at blank pages when told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.separators import Separator, parse_separator
from ingest.models import PageRow


@dataclass(slots=True)
class Letter:
    """One letter of a batch."""

    separator: Separator | None = None
    """The sheet that was laid before it."""
    pages: list[PageRow] = field(default_factory=list)
    sheets: list[PageRow] = field(default_factory=list)
    """What lies between letters: separator sheets with their blank backs, dividing blanks."""

    @property
    def confidence(self) -> int:
        """Of the words of all pages, 0 to 100; of each page as much as it has to say."""
        letters = sum(len(page.text) for page in self.pages)
        return sum(page.confidence * len(page.text) for page in self.pages) // max(letters, 1)


def letters_of(pages: Sequence[PageRow], split: str) -> list[Letter]:
    """Cut a batch; ``split`` is ``separators``, ``blank`` (which also heeds separators) or
    ``none``.

    There is always one letter at least: a batch of nothing but sheets stays as it is.
    """
    letters = [Letter()]
    for page in pages:
        current = letters[-1]
        separator = None if split == "none" else _separator(page)
        divides = separator is not None or (split == "blank" and page.blank)
        if divides and current.pages:
            current = Letter()
            letters.append(current)
        if separator is not None:
            current.separator = separator
        is_back = page.blank and bool(current.sheets) and not current.pages
        (current.sheets if divides or is_back else current.pages).append(page)
    return _without_empty(letters)


def _without_empty(letters: Sequence[Letter]) -> list[Letter]:
    """Sheets behind the last letter go with it."""
    full = [letter for letter in letters if letter.pages]
    if not full:
        return [Letter(pages=[page for letter in letters for page in letter.sheets])]
    for letter in letters:
        if not letter.pages:
            full[-1].sheets += letter.sheets
    return full


def _separator(page: PageRow) -> Separator | None:
    return next((found for code in page.codes if (found := parse_separator(code))), None)
