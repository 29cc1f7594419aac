"""``guichet import-subscribers``: an earlier list is taken over, with the proof of consent."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from feeds.subscriptions.importing import CHUNK, BadLine, Line, Places, import_lines, read_lines
from guichet.offline import with_town
from guichet.progress import Bars, bars
from guichet.town import Town


def import_subscribers(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV (UTF-8) with the columns address, topics, consent_at and consent_source, "
            "and perhaps language, cadence, hour, weekday and district."
        ),
    ],
) -> None:
    """Take over an earlier list of subscribers. Lines without proof of consent are left out."""
    with bars() as shown:
        taken, bad = with_town(lambda town: _take_over(town, file, shown))
    for problem in bad:
        typer.echo(f"line {problem.number}: {problem.reason}", err=True)
    typer.echo(f"{taken} lines taken over, {len(bad)} left out")
    if bad:
        raise typer.Exit(1)


async def _take_over(town: Town, file: Path, shown: Bars) -> tuple[int, list[BadLine]]:
    """A piece at a time, each in a transaction: what is stopped half-way is begun anew."""
    settings, zone = town.settings, ZoneInfo(town.settings.time_zone)
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        advance = shown.bar("lines", max(0, sum(1 for _ in text) - 1))
        text.seek(0)
        async with town.database.read() as session:
            places = await Places.read(
                session, region=settings.country, language=settings.language, zone=zone
            )
        bad, count = [], 0
        for piece in _pieces(read_lines(text, places, town.clock())):
            good = [line for line in piece if isinstance(line, Line)]
            bad += [line for line in piece if isinstance(line, BadLine)]
            async with town.database.begin() as session:
                ended = await import_lines(session, town.clock, zone, good)
            count += len(good) - len({one.number for one in ended})
            bad += ended
            advance(len(piece))
    return count, sorted(bad, key=lambda line: line.number)


def _pieces(lines: Iterable[Line | BadLine]) -> Iterator[list[Line | BadLine]]:
    rest = iter(lines)
    while piece := list(islice(rest, CHUNK)):
        yield piece
