"""``guichet import-subscribers``: an earlier list is taken over, with the proof of consent."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.subscriptions.importing import Places, read_lines
from feeds.subscriptions.taking_over import Report, take_over
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
        report = with_town(lambda town: _take_over(town, file, shown))
    typer.echo(f"{report.taken} lines taken over, {report.left_out} left out")
    if report.left_out:
        raise typer.Exit(1)


async def _take_over(town: Town, file: Path, shown: Bars) -> Report:
    settings, zone = town.settings, town.settings.zone
    with file.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        advance = shown.bar("lines", max(0, sum(1 for _ in text) - 1))
        text.seek(0)
        async with town.database.read() as session:
            places = await Places.read(
                session, region=settings.country, language=settings.language, zone=zone
            )
        shown_already = 0

        async def tell(_session: AsyncSession, report: Report) -> None:
            nonlocal shown_already
            advance(report.done - shown_already)
            shown_already = report.done
            for one in report.latest:
                typer.echo(f"line {one.number}: {one.reason} {one.what}".strip(), err=True)

        lines = read_lines(text, places, town.clock())
        return await take_over(town.database, town.clock, zone, lines, tell)
