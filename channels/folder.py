"""A folder that others put files into: scanners, SFTP clients, a fax server.

A file is taken when it has kept still for a while, has its end, and nobody holds a lock on it
(``faxgetty`` does while it receives). Once it is accepted, durably, it moves to ``archive/YYYY-MM``
in the same folder; what cannot be taken to ``reject``, with the reason beside it. Polled, because
network file systems tell nobody of a change.
"""

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import structlog

from channels.folder_files import files_in, free_name, is_locked, is_still, move
from channels.kinds import is_whole
from core.clock import Clock, utc_now
from core.errors import Later
from core.metrics import REFUSED
from ingest import Accept, Arrival, ChannelName

POLL = 1.0  # seconds between looks
UNFINISHED = 60.0  # seconds that a file without its end, or with nothing in it, is waited for
LONGEST_WAIT = 60.0  # seconds between tries while the store is away
ARCHIVE, REJECT = "archive", "reject"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file as it was seen last, and since when it has looked like that."""

    size: int
    changed: int
    since: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file with its content; ``folder`` is the name of the subfolder that it was in, or empty."""

    name: str
    folder: str
    content: bytes
    info: os.stat_result
    """Of the file that was read."""


def any_name(name: str) -> bool:
    return True


class WatchedFolder:
    """Watches until cancelled.

    Parameters
    ----------
    arrival
        What to accept of a file.
    problem
        Why a file can be accepted, but hardly be read; it is then put into ``reject``.
    is_ours
        Whether a file of this name is to be taken; others are left alone.
    settle
        Seconds that a file must have kept still.
    max_size
        Bytes of one file.
    """

    def __init__(
        self,
        name: ChannelName,
        path: Path,
        arrival: Callable[[Dropped], Arrival],
        problem: Callable[[Dropped], str],
        *,
        is_ours: Callable[[str], bool] = any_name,
        settle: float,
        max_size: int,
        clock: Clock = utc_now,
        poll: float = POLL,
    ) -> None:
        self.name = name
        self.path = path
        self._arrival = arrival
        self._problem = problem
        self._is_ours = is_ours
        self._settle = settle
        self._max_size = max_size
        self._clock = clock
        self._poll = poll
        self._waiting: dict[Path, Waiting] = {}
        self._unreadable: frozenset[str] = frozenset()
        self._wait = poll

    async def run(self, accept: Accept) -> None:
        while True:
            try:
                await self.round(accept)
                self._wait = self._poll
            except Later as problem:
                self._wait = min(2 * self._wait, LONGEST_WAIT)
                log.warning("folder.later", folder=str(self.path), reason=problem.reason)
            except OSError as problem:
                self._wait = min(2 * self._wait, LONGEST_WAIT)
                log.error("folder.away", folder=str(self.path), error=str(problem))
            await asyncio.sleep(self._wait)

    async def round(self, accept: Accept) -> None:
        """Look once, and take what is ready. Raises Later when the store is away."""
        for path in await asyncio.to_thread(self._ready):
            try:
                await self._take(path, accept)
            except OSError as problem:  # it went away, or may not be read or moved
                log.error("folder.file_left", file=str(path), error=str(problem))
                self._again_later(path)

    async def _take(self, path: Path, accept: Accept) -> None:
        dropped = await asyncio.to_thread(self._read, path)
        if dropped is None:
            return
        too = _unacceptable(dropped, self._max_size)
        if too:
            REFUSED.labels(self.name, "file").inc()
            await self._put_away(path, dropped, too)
            return
        accepted = await accept(self._arrival(dropped))
        log.info("folder.accepted", file=path.name, intake=str(accepted.intake_id))
        await self._put_away(path, dropped, self._problem(dropped))

    async def _put_away(self, path: Path, dropped: Dropped, problem: str) -> None:
        if not await asyncio.to_thread(is_still, path, dropped.info):
            # What came meanwhile would be in the archive alone: it is another scan.
            log.warning("folder.changed", file=str(path))
            return
        if problem:
            log.warning("folder.rejected", file=str(path), reason=problem)
        await asyncio.to_thread(self._move, path, problem)
        self._waiting.pop(path, None)

    def _ready(self) -> list[Path]:
        """The files that have kept still for long enough, oldest first."""
        now, seen = monotonic(), {}
        found = files_in(self.path, (ARCHIVE, REJECT))
        for folder in found.unreadable - self._unreadable:
            log.error("folder.subfolder_left", folder=folder)
        self._unreadable = found.unreadable
        for path, info in found.files.items():
            if not self._is_ours(path.name):
                continue
            before = self._waiting.get(path)
            same = before and (before.size, before.changed) == (info.st_size, info.st_mtime_ns)
            since = before.since if before and same else now
            seen[path] = Waiting(info.st_size, info.st_mtime_ns, since)
        self._waiting = seen
        ready = [path for path, file in seen.items() if now - file.since >= self._settle]
        return sorted(ready, key=lambda path: (seen[path].changed, path))

    def _read(self, path: Path) -> Dropped | None:
        """The content; None when it is being written still."""
        waiting = self._waiting[path]
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if is_locked(descriptor):
                self._waiting[path] = replace(waiting, since=monotonic())
                return None
            content = file.read(self._max_size + 1)
            info = os.fstat(descriptor)
        if (info.st_size, info.st_mtime_ns) != (waiting.size, waiting.changed):
            return None
        is_short = len(content) <= self._max_size
        if is_short and not is_whole(content) and monotonic() - waiting.since < UNFINISHED:
            return None
        folder = path.parent.name if path.parent != self.path else ""
        return Dropped(path.name, folder, content, info)

    def _move(self, path: Path, problem: str) -> None:
        month = self._clock().strftime("%Y-%m")
        target = self.path / (REJECT if problem else f"{ARCHIVE}/{month}")
        target.mkdir(parents=True, exist_ok=True)
        free = free_name(target, path.name)
        if problem:
            free.with_name(f"{free.name}.reason.txt").write_text(f"{problem}\n")
        move(path, free)

    def _again_later(self, path: Path) -> None:
        if waiting := self._waiting.get(path):
            since = monotonic() + LONGEST_WAIT - self._settle
            self._waiting[path] = replace(waiting, since=since)


def _unacceptable(dropped: Dropped, max_size: int) -> str:
    if not dropped.content:
        return "the file is empty"
    if len(dropped.content) > max_size:
        return f"the file is larger than {max_size} bytes"
    return ""
