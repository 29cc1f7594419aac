"""Putting on the disk what has been written to a file: once for all who wait at that moment."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_to_the_disk = getattr(os, "fdatasync", os.fsync)


def flush_file(path: Path) -> None:
    """Return when all that was written to the file is on the disk, whoever wrote it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        _to_the_disk(descriptor)
    finally:
        os.close(descriptor)


class Flushing:
    """``work`` blocks until everything that was written before it began is on the disk."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._thread = ThreadPoolExecutor(1, "flushing")
        self._next: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._problem: Exception | None = None

    async def flush(self) -> None:
        """Return when what was written until now is on the disk.

        Raises
        ------
        OSError
            When it could not be put there; then for ever after, because nobody knows what else the
            kernel has lost: only who reads the file anew does.
        """
        self.check()
        if self._next is None:
            # Not the one that runs: it may have begun before we wrote.
            self._next = asyncio.create_task(self._flush_after(self._running))
        await asyncio.shield(self._next)

    def check(self) -> None:
        """Raise what went wrong with an earlier one."""
        if self._problem is not None:
            raise OSError("what was written before did not reach the disk") from self._problem

    def close(self) -> None:
        self._thread.shutdown()

    async def _flush_after(self, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait({earlier})
        self._running, self._next = self._next, None
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._work)
        except OSError as problem:
            self._problem = problem
            raise
