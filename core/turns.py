"""One at a time, and who is waited for before who can wait: whose turn it is to write."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A lock with two queues.

    Somebody waits for who is not ``patient`` (a sender for its yes, an agent for a page): they
    come before the patient. So that these get on in a rush, too, they have every second turn.
    """

    def __init__(self) -> None:
        self._taken = False
        self._last_was_patient = False
        self._hurried: deque[asyncio.Future[None]] = deque()
        self._patient: deque[asyncio.Future[None]] = deque()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody who is not patient waits for the turn."""
        return bool(self._hurried)

    @asynccontextmanager
    async def take(self, *, patient: bool) -> AsyncIterator[None]:
        """Wait for the turn, and have it until the block ends."""
        if self._taken:
            await self._wait(self._patient if patient else self._hurried)
        self._taken, self._last_was_patient = True, patient
        try:
            yield
        finally:
            self._hand_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(called)
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled():  # it was our turn already
                self._hand_on()
            raise

    def _hand_on(self) -> None:
        first, second = self._hurried, self._patient
        if not self._last_was_patient:
            first, second = second, first
        for queue in (first, second):
            while queue:
                called = queue.popleft()
                if not called.done():  # else who waited has gone
                    called.set_result(None)
                    return  # it stays taken: who comes now does not slip in before
        self._taken = False
