"""Separator sheets: laid between the letters of a batch, they begin a letter and name its queue.

The code on a sheet says ``GUICHET-SEPARATOR;1;queue=etat-civil;date=2026-11-25``; queue and date
may be left out.
"""

import datetime
import re
from dataclasses import dataclass

PREFIX = "GUICHET-SEPARATOR;1"
_CODE = re.compile(
    r"GUICHET-SEPARATOR;1(?:;queue=(?P<queue>[a-z0-9][a-z0-9_-]{0,63}))?"
    r"(?:;date=(?P<date>\d{4}-\d{2}-\d{2}))?"
)


@dataclass(frozen=True, slots=True)
class Separator:
    """What a sheet says."""

    queue: str = ""
    """The slug of the queue that the letter is for; empty for the rules to choose."""
    date: datetime.date | None = None
    """When the letters came, by the stamp of the mail room."""


def separator_code(queue: str = "", day: datetime.date | None = None) -> str:
    """What the code of a sheet says."""
    parts = [PREFIX, *([f"queue={queue}"] if queue else [])]
    return ";".join([*parts, *([f"date={day.isoformat()}"] if day else [])])


def parse_separator(text: str) -> Separator | None:
    """What a code on a page says, or None when it is of no sheet of ours."""
    found = _CODE.fullmatch(text.strip())
    if found is None:
        return None
    try:
        day = datetime.date.fromisoformat(found["date"]) if found["date"] else None
    except ValueError:
        day = None
    return Separator(found["queue"] or "", day)
