"""A data folder belongs to one running process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Refused


@contextmanager
def sole_process(folder: Path) -> Iterator[None]:
    """Keep every other process that asks for the same folder out, until the block ends.

    The kernel gives the lock back when the process ends, however it ends (flock(2)), and no child
    inherits it. The file stays: without it two processes could each lock one of that name.

    Raises
    ------
    Refused
        When another process is at work on the folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            holder = file.read().strip() or "unknown"
            where = folder.resolve()
            told = f"another Guichet is running on {where} (process {holder})"
            raise Refused(told) from problem
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
