"""Live updates: every open page hears of the changes of the cases that its agent may see.

One follower of the stream for all pages: a page costs no query, a burst of changes costs one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from cases import Agent, CaseRow
from cases.access import sees_queue
from core.database import Database
from ingest.events import CaseChanged, Event

PAUSE = 0.05  # seconds in which changes gather
MAX_WAITING = 100  # changes kept for a slow page; it looks anew at any of them
LONGEST = 600.0  # seconds until a page has to show again who it is; browsers reconnect

Follow = Callable[[str], AsyncIterator[Sequence[Event]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    agent: Agent
    news: asyncio.Queue[CaseChanged | None] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING)
    )

    def tell(self, change: CaseChanged | None) -> None:
        if self.news.full():
            self.news.get_nowait()
        self.news.put_nowait(change)


class Live:
    """``follow`` is the engine's ``tail``."""

    def __init__(self, database: Database, follow: Follow) -> None:
        self._database = database
        self._follow = follow
        self._pages: set[_Page] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        async for events in self._follow(CaseChanged.stream):
            if self._pages:
                await self._tell([CaseChanged.of(event) for event in events])
            await asyncio.sleep(PAUSE)

    async def changes(self, agent: Agent) -> AsyncIterator[CaseChanged]:
        """The changes that the agent may know of, from now on."""
        page = _Page(agent)
        self._pages.add(page)
        try:
            async with asyncio.timeout(LONGEST):
                while (change := await page.news.get()) is not None:
                    yield change
        except TimeoutError:
            return
        finally:
            self._pages.discard(page)

    def close(self) -> None:
        """End every :meth:`changes`, so that the server can stop."""
        for page in self._pages:
            page.tell(None)

    async def _tell(self, changes: Sequence[CaseChanged]) -> None:
        queues = await self._queues({change.case_id for change in changes})
        for page in self._pages:
            for change in changes:
                queue_id = queues.get(change.case_id)
                # Who has just lost sight of a case must hear that it is gone.
                if change.change == "moved" or (queue_id and sees_queue(page.agent, queue_id)):
                    page.tell(change)

    async def _queues(self, case_ids: set[UUID]) -> dict[UUID, UUID]:
        query = select(CaseRow.id, CaseRow.queue_id).where(CaseRow.id.in_(case_ids))
        async with self._database.read() as session:
            return dict((await session.execute(query)).tuples().all())
