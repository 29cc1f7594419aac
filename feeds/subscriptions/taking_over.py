"""A whole list, a piece at a time: each is a transaction, together with how far it has come."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database
from feeds.subscriptions.importing import CHUNK, BadLine, Line, import_lines


@dataclass(slots=True)
class Report:
    """What has come of a list so far."""

    done: int = 0
    """Lines that were looked at."""
    taken: int = 0
    left_out: int = 0
    latest: Sequence[BadLine] = ()
    """What was left out of the latest piece, in the order of the file: a list may be long."""


Tell = Callable[[AsyncSession, Report], Awaitable[None]]
"""Called in the transaction of each piece."""


async def take_over(
    database: Database,
    clock: Clock,
    zone: ZoneInfo,
    lines: Iterable[Line | BadLine],
    tell: Tell,
    report: Report | None = None,
) -> Report:
    """Stopped half-way, it can be begun anew: what is there stays as it is.

    ``report`` is of the lines before these, of a list that goes on.
    """
    report = report or Report()
    for piece in _pieces(lines):
        good = [line for line in piece if isinstance(line, Line)]
        bad = [line for line in piece if isinstance(line, BadLine)]
        async with database.begin(patient=True) as session:
            ended = await import_lines(session, clock, zone, good)
            report.done += len(piece)
            report.taken += len(good) - len({one.number for one in ended})
            report.latest = sorted([*bad, *ended], key=lambda line: line.number)
            report.left_out += len(report.latest)
            await tell(session, report)
    return report


def _pieces(lines: Iterable[Line | BadLine]) -> Iterator[list[Line | BadLine]]:
    rest = iter(lines)
    while piece := list(islice(rest, CHUNK)):
        yield piece
