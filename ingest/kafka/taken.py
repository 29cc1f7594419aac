"""What Faust has taken from Kafka and the lane has yet to handle."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from ingest.kafka.apps import Record

LINGER = 0.05  # seconds for a batch to fill: a transaction of many events costs as one of few
GREETING = 0.005  # the same for who comes after a pause, and is probably alone


class Taken:
    """Holds about ``most`` records: who brings more waits."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._records: deque[Record] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def put(self, records: Sequence[Record]) -> None:
        while len(self._records) >= self._most:
            self._room.clear()
            await self._room.wait()
        self._records += records
        self._news.set()

    async def batch(self, most: int) -> list[Record]:
        """Some records, ``most`` at most, in the order in which they came."""
        clock = asyncio.get_running_loop().time
        began = clock()
        await self._fill(1)
        linger = LINGER if clock() - began < LINGER else GREETING
        with suppress(TimeoutError):
            async with asyncio.timeout(linger):
                await self._fill(most)
        batch = [self._records.popleft() for _ in range(min(most, len(self._records)))]
        self._room.set()
        return batch

    def forget(self) -> None:
        """What an app that is gone has taken comes again from its committed offsets."""
        self._records.clear()
        self._room.set()

    async def _fill(self, count: int) -> None:
        while len(self._records) < count:
            self._news.clear()
            await self._news.wait()
