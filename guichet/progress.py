"""How far a long command has come: a bar for who watches, nothing for who does not."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Advance = Callable[[int], None]
"""To be told of each further step, or steps."""


class Bars:
    """On standard error, so that the output may be piped."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def bar(self, name: str, total: int) -> Advance:
        task = self._progress.add_task(name, total=total)
        return lambda count: self._progress.advance(task, count)


@contextmanager
def bars() -> Iterator[Bars]:
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn())
    is_watched = sys.stderr.isatty()
    console = Console(stderr=True)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not is_watched
    ) as progress:
        yield Bars(progress)
