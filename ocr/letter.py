"""What the words of a letter suggest: who writes, when, about what, and which files they name.

Suggestions, each with how sure it is: rules may ask for them, and the agent sees them as such.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from core.references import find_references
from ocr.language import language_of

MAX_SEARCHED = 20_000  # characters
MAX_ADDRESS = 50  # characters of a line of an address
HEAD = 45  # lines in which sender, date and subject stand

_SUBJECT = re.compile(r"^\W{0,3}(?:objet|obj\.|sujet|subject|concerne)\s*[:.;]\s*(\S.*)$", re.I)
_REFERENCE = re.compile(
    r"\b(?:[NV]\s?/\s?R[ée]f?s?|[nv]os\s+r[ée]f(?:[ée]rences?|s)?|r[ée]f(?:[ée]rences?)?|"
    r"(?:our|your)\s+ref(?:erence)?)\s*\.?\s*[:;]\s*(\S.{0,60})",
    re.I,
)
_CITY = re.compile(r"^\W{0,3}(?:[A-Z]{1,2}[ -])?\d{5}\s+[^\W\d_].{1,40}$")
_TOWN_HALL = re.compile(r"\b(mairie|h[ôo]tel de ville|ville de|commune de|town hall)\b", re.I)
_LONG_DATE = re.compile(r"\b(\d{1,2})(?:er)?\s+([^\W\d_]{3,9})\.?\s+(\d{4})\b")
_ENGLISH_DATE = re.compile(r"\b([^\W\d_]{3,9})\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
_SHORT_DATE = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\b")
_DATELINE = re.compile(r"^\W*(?:[^\W\d][^,.;]{0,40},)?\s*(?:le|on|du|date\s*:?)?\s*$", re.I)

_MONTHS = {
    name: number
    for names in (
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
        "january february march april may june july august september october november december",
    )
    for number, name in enumerate(names.split(), 1)
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    value: str
    confidence: int
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class Reading:
    sender: Suggestion | None = None
    """The block of the sender, line by line: name, street, postal code and town."""
    date: Suggestion | None = None
    """ISO 8601."""
    subject: Suggestion | None = None
    references: Suggestion | None = None
    """Our own first, then those behind "N/Réf" and its like; one a line."""
    language: Suggestion | None = None
    """ISO 639-1."""

    def record(self) -> dict[str, Any]:
        """As the store keeps it: what was not found is left out."""
        return {name: value for name, value in asdict(self).items() if value}


def read_letter(text: str, confidence: int) -> Reading:
    """Read a letter; ``confidence`` is that of its words (0 to 100)."""
    text = text[:MAX_SEARCHED]
    head = [line.strip() for line in text.splitlines() if line.strip()][:HEAD]
    return Reading(
        sender=_capped(_sender(head), confidence),
        date=_capped(_date(head), confidence),
        subject=_capped(_subject(head), confidence),
        references=_references(text, confidence),
        language=_language(text),
    )


def read_letters(letters: Sequence[tuple[str, int]]) -> list[Reading]:
    """All letters of a batch, in a process beside: telling the language loads a model."""
    return [read_letter(text, confidence) for text, confidence in letters]


def _capped(found: Suggestion | None, confidence: int) -> Suggestion | None:
    """No surer than the words are."""
    if found is None or not confidence:
        return None
    return Suggestion(found.value, min(found.confidence, confidence))


def _subject(head: Sequence[str]) -> Suggestion | None:
    for line in head:
        if found := _SUBJECT.match(line):
            return Suggestion(found.group(1).strip(), 90)
    return None


def _sender(head: Sequence[str]) -> Suggestion | None:
    """The first address that is not the town hall's: in a letter it stands above the other."""
    for number, line in enumerate(head):
        if not _CITY.match(line):
            continue
        block = [line]
        for above in reversed(head[max(0, number - 4) : number]):
            if len(above) > MAX_ADDRESS or ":" in above or _CITY.match(above):
                break
            block.insert(0, above)
        if len(block) > 1 and not any(map(_TOWN_HALL.search, block)):
            return Suggestion("\n".join(block), 70)
    return None


def _date(head: Sequence[str]) -> Suggestion | None:
    """One behind "Metz, le" is the letter's; another may be of what it tells."""
    for line in head:
        for day, before in _dates(line):
            return Suggestion(day.isoformat(), 90 if _DATELINE.match(before) else 50)
    return None


def _dates(line: str) -> Iterator[tuple[date, str]]:
    for found in _LONG_DATE.finditer(line):
        yield from _valid(found[3], _MONTHS.get(found[2].lower()), found[1], line, found)
    for found in _ENGLISH_DATE.finditer(line):
        yield from _valid(found[3], _MONTHS.get(found[1].lower()), found[2], line, found)
    for found in _SHORT_DATE.finditer(line):
        yield from _valid(found[3], int(found[2]), found[1], line, found)


def _valid(
    year: str, month: int | None, day: str, line: str, found: re.Match[str]
) -> Iterator[tuple[date, str]]:
    try:
        yield date(int(year), month or 0, int(day)), line[: found.start()]
    except ValueError:
        return


def _references(text: str, confidence: int) -> Suggestion | None:
    ours = find_references(text)
    others = [found.group(1).strip() for found in _REFERENCE.finditer(text)]
    every = list(dict.fromkeys([*ours, *others]))
    if not every:
        return None
    # A reference of ours has a check character: misread it would be none.
    return Suggestion("\n".join(every[:5]), 95 if ours else min(70, confidence))


def _language(text: str) -> Suggestion | None:
    found = language_of(text)
    return None if found is None else Suggestion(*found)
