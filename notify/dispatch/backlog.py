"""What is due, read ahead: some of each medium, so that none waits behind another's."""

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from core.database import Database
from notify.models import Medium
from notify.store import Due, read_due

AHEAD = 500  # deliveries of one medium read at once
FEW = 150  # left, when the next ones are read beside
RENEW = 0.2  # seconds after which news of something queued are a reason to read again
POLL = 1.0  # seconds after which it is read again in any case: what became due, or is more urgent


class _Read:
    """What was read of one medium, and when, by the loop's clock."""

    def __init__(self) -> None:
        self.waiting: deque[Due] = deque()
        self.at = float("-inf")
        self.was_all = False
        """Whether there was no more than that."""
        self.is_old = False
        """Whether something was queued since."""
        self.coming: asyncio.Task[Sequence[Due]] | None = None
        self.taken: set[UUID] = set()
        """What was marked since the one that is coming began."""


class Backlog:
    """Never more than twice ``AHEAD`` of a medium in memory.

    It is read anew every little while though there is some left: else what is urgent would wait
    for all that was read before it. Unless there is news, nobody waits for that while there is
    some left.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[Medium, _Read] = {}

    def hear(self) -> None:
        """Something was queued, or may go now."""
        for read in self._read.values():
            read.is_old = True

    async def of(self, medium: Medium, now: datetime) -> deque[Due]:
        read = self._read.setdefault(medium, _Read())
        has_news = False
        if read.coming is None and self._is_due(read):
            has_news = read.is_old
            # Before the query: what is queued while it runs makes it old again.
            read.is_old, read.at = False, asyncio.get_running_loop().time()
            read.taken.clear()
            read.coming = asyncio.create_task(self._fetch(medium, now))
        if read.coming is not None and (read.coming.done() or has_news or not read.waiting):
            coming, read.coming = read.coming, None
            dues = await coming
            read.was_all = len(dues) < AHEAD
            read.waiting = deque(due for due in dues if due.delivery.id not in read.taken)
        return read.waiting

    def took(self, due: Due) -> None:
        """It is being marked: who reads beside may still find it queued."""
        read = self._read[due.delivery.medium]
        if read.coming is not None:
            read.taken.add(due.delivery.id)

    async def clear(self) -> None:
        coming = [read.coming for read in self._read.values() if read.coming is not None]
        self._read.clear()
        for one in coming:
            one.cancel()
        await asyncio.gather(*coming, return_exceptions=True)

    @property
    def is_empty(self) -> bool:
        return not any(read.waiting for read in self._read.values())

    async def _fetch(self, medium: Medium, now: datetime) -> Sequence[Due]:
        async with self._database.read() as session:
            return await read_due(session, medium, now, AHEAD)

    def _is_due(self, read: _Read) -> bool:
        age = asyncio.get_running_loop().time() - read.at
        if age >= POLL or (len(read.waiting) < FEW and not read.was_all):
            return True
        return read.is_old and (age >= RENEW or not read.waiting)
