"""``guichet import-scan``: scanned files are put in at once, without a watched folder."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from channels.scan import scan_arrival, scan_problem
from core.settings import Split
from guichet.offline import with_town
from guichet.progress import Bars, bars
from guichet.town import Town


def import_scan(
    files: Annotated[list[Path], typer.Argument(help="PDF, TIFF, JPEG, PNG or HEIC.")],
    queue: Annotated[str, typer.Option(help="Slug of the queue that the letters are for.")] = "",
    split: Annotated[Split, typer.Option(help="Where a batch is cut into letters.")] = "separators",
) -> None:
    """Put scanned files in: each is safe before the next is looked at. The files stay."""
    with bars() as shown:
        refused = with_town(lambda town: _put_in(town, files, queue, split, shown))
    for problem in refused:
        typer.echo(problem, err=True)
    typer.echo(f"{len(files) - len(refused)} of {len(files)} accepted")
    if refused:
        raise typer.Exit(1)


async def _put_in(
    town: Town, files: list[Path], queue: str, split: Split, shown: Bars
) -> list[str]:
    """Returns what was not taken, and why."""
    refused, advance = [], shown.bar("files", len(files))
    for file in files:
        problem = await _put_in_one(town, file, queue, split)
        if problem:
            refused.append(f"{file}: {problem}")
        advance(1)
    return refused


async def _put_in_one(town: Town, file: Path, queue: str, split: Split) -> str:
    """Returns why it was not taken."""
    try:
        content = await asyncio.to_thread(file.read_bytes)
    except OSError as problem:
        return problem.strerror or str(problem)
    if reason := scan_problem(content):
        return reason
    await town.acceptance.accept(scan_arrival(content, file.name, queue=queue, split=split))
    return ""
