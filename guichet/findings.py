"""What ``guichet check`` finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    NOTE = "note"
    """Something is off that a town may well do without."""
    WARNING = "warn"
    """It works, less well than it could."""
    BAD = "BAD"


@dataclass(frozen=True, slots=True)
class Result:
    """``says`` is the finding, or what is wrong and how to mend it."""

    what: str
    level: Level
    says: str

    @property
    def ok(self) -> bool:
        return self.level is not Level.BAD


def in_one_line(problem: BaseException) -> str:
    """What a library says over several lines; its name where it says nothing."""
    told = " ".join(str(problem).split())
    return told[:300] if told else type(problem).__name__
