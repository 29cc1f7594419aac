"""Following a stream from now on, for pages that show life as it happens."""

import asyncio
from collections.abc import AsyncIterator, Sequence

from ingest.events import Event

MAX_WAITING = 1_000  # events kept for a slow follower; older ones are dropped


class Tails:
    def __init__(self) -> None:
        self._followers: set[tuple[str, asyncio.Queue[Event]]] = set()

    def tell(self, events: Sequence[Event]) -> None:
        for stream, queue in self._followers:
            for event in events:
                if event.stream == stream:
                    if queue.full():
                        queue.get_nowait()
                    queue.put_nowait(event)

    async def follow(self, stream: str) -> AsyncIterator[Sequence[Event]]:
        """What has come since the last look, at least one event at a time."""
        queue: asyncio.Queue[Event] = asyncio.Queue(MAX_WAITING)
        follower = (stream, queue)
        self._followers.add(follower)
        try:
            while True:
                events = [await queue.get()]
                while not queue.empty():
                    events.append(queue.get_nowait())
                yield events
        finally:
            self._followers.discard(follower)
