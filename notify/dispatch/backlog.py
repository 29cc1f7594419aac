"""What is due, read ahead: some of each medium, so that none waits behind another's."""

import asyncio
from collections import deque
from datetime import datetime

from core.database import Database
from notify.models import Medium
from notify.store import Due, read_due

AHEAD = 250  # deliveries of one medium read at once
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


class Backlog:
    """Never more than ``AHEAD`` of a medium in memory.

    It is read anew every little while though there is some left: else what is urgent would wait
    for all that was read before it.
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
        if self._is_due(read):
            # Before the query: what is queued while it runs makes it old again.
            read.is_old, read.at = False, asyncio.get_running_loop().time()
            async with self._database.read() as session:
                dues = await read_due(session, medium, now, AHEAD)
            read.waiting, read.was_all = deque(dues), len(dues) < AHEAD
        return read.waiting

    def clear(self) -> None:
        self._read.clear()

    @property
    def is_empty(self) -> bool:
        return not any(read.waiting for read in self._read.values())

    def _is_due(self, read: _Read) -> bool:
        age = asyncio.get_running_loop().time() - read.at
        if age >= POLL:
            return True
        if read.waiting:
            return read.is_old and age >= RENEW
        return read.is_old or not read.was_all
