"""Putting on the disk what has been written to a file: once for all who wait at that moment."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

Sync = Callable[[int], None]
"""Blocks until all that was written to the file of a descriptor, by whomever, is on the disk."""

to_the_disk: Sync = getattr(os, "fdatasync", os.fsync)


class Flushing:
    """Of one file, which need not be there before something was written to it."""

    def __init__(self, path: Path, sync: Sync = to_the_disk) -> None:
        self._path = path
        self._sync = sync
        self._thread = ThreadPoolExecutor(1, "flushing")
        self._descriptor: int | None = None
        self._next: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._problem: Exception | None = None

    async def flush(self) -> None:
        """Return when what was written until now is on the disk.

        Raises
        ------
        OSError
            When it could not be put there; then for ever after, because nobody knows what else the
            kernel has lost: only who reads the file anew does. Also when the file could not be
            opened, which may go well the next time.
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
        if self._descriptor is not None:
            os.close(self._descriptor)

    async def _flush_after(self, earlier: asyncio.Task[None] | None) -> None:
        if earlier is not None:
            await asyncio.wait({earlier})
        self._running, self._next = self._next, None
        self.check()  # what the earlier one has lost is not told again
        descriptor = self._opened()
        if descriptor is None:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._sync, descriptor)
        except OSError as problem:
            self._problem = problem
            raise

    def _opened(self) -> int | None:
        """Kept open, so that it is told of what went wrong since; None before there is a file."""
        if self._descriptor is None:
            try:
                self._descriptor = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                return None
        return self._descriptor
