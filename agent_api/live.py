"""Live updates: every open page hears of the changes of the cases that its agent may see, of the
agent's telephone calls, and of the campaign that it shows.

One follower of the stream for all pages: a page costs no query, a burst of changes costs one. A
campaign's numbers change with every delivery; they are counted once a second, while a page looks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

import structlog
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Agent, CaseEventRow, CaseRow, QueueRow
from cases.access import sees_queue
from core.database import Database
from core.unbroken import unbroken
from ingest.events import CallChanged, CaseChanged, Event
from notify import Numbers, numbers_of

PAUSE = 0.05  # seconds in which changes gather
MAX_WAITING = 100  # changes kept for a slow page; it looks anew at any of them
LONGEST = 600.0  # seconds until a page has to show again who it is; browsers reconnect

COUNTING = 1.0  # seconds between two counts of a campaign
Follow = Callable[[str], AsyncIterator[Sequence[Event]]]

log = structlog.get_logger()


class CampaignCounted(BaseModel):
    """The numbers of a campaign are others than before; no event of the stream."""

    stream: ClassVar[str] = "campaign.counted"
    campaign_id: UUID


Change = CaseChanged | CallChanged | CampaignCounted


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    agent: Agent
    campaign_id: UUID | None = None
    news: asyncio.Queue[Change | None] = field(default_factory=lambda: asyncio.Queue(MAX_WAITING))

    def tell(self, change: Change | None) -> None:
        if self.news.full():
            self.news.get_nowait()
        self.news.put_nowait(change)


class Live:
    """``follow`` is the engine's ``tail``."""

    def __init__(self, database: Database, follow: Follow) -> None:
        self._database = database
        self._follow = follow
        self._pages: set[_Page] = set()
        self._closed = False
        self.counted: Mapping[UUID, Numbers] = {}
        """Of the campaigns that pages show."""

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as following:
            following.create_task(self._follow_cases())
            following.create_task(self._follow_calls())
            following.create_task(self._count_campaigns())

    async def _follow_cases(self) -> None:
        async for events in self._follow(CaseChanged.stream):
            if self._pages:
                try:
                    await unbroken(self._tell(events))
                except Exception:  # the outer wall
                    # A page may miss a change; the town must not stop for it.
                    log.exception("live.failed", events=len(events))
            await asyncio.sleep(PAUSE)

    async def _follow_calls(self) -> None:
        async for events in self._follow(CallChanged.stream):
            for change in map(CallChanged.of, events):
                for page in self._pages:
                    if _concerns(page.agent, change):
                        page.tell(change)

    async def _count_campaigns(self) -> None:
        while True:
            await asyncio.sleep(COUNTING)
            shown = {page.campaign_id for page in self._pages if page.campaign_id}
            try:
                now = await self._numbers(shown) if shown else {}
            except Exception:  # the outer wall, as above
                log.exception("live.not_counted", campaigns=len(shown))
                continue
            for page in self._pages:
                id = page.campaign_id
                if id in now and id in self.counted and now[id] != self.counted[id]:
                    page.tell(CampaignCounted(campaign_id=id))
            self.counted = now

    async def _numbers(self, ids: set[UUID]) -> dict[UUID, Numbers]:
        async with self._database.read() as session:
            return {id: await numbers_of(session, id) for id in ids}

    async def changes(self, agent: Agent, campaign_id: UUID | None = None) -> AsyncIterator[Change]:
        """The changes that the agent may know of, from now on; also of a campaign's numbers."""
        page = _Page(agent, campaign_id)
        until = asyncio.get_running_loop().time() + LONGEST
        self._pages.add(page)
        try:
            while not self._closed and (change := await _next(page, until)) is not None:
                yield change
        finally:
            self._pages.discard(page)

    def close(self) -> None:
        """End every :meth:`changes`, so that the server can stop."""
        self._closed = True
        for page in self._pages:
            page.tell(None)

    async def _tell(self, events: Sequence[Event]) -> None:
        changes = [(event.id, CaseChanged.of(event)) for event in events]
        async with self._database.read() as session:
            now = await _queues_now(session, {change.case_id for _, change in changes})
            moved = {id for id, change in changes if change.change == "moved"}
            left = await _queues_left(session, moved) if moved else {}
        for page in self._pages:
            for event_id, change in changes:
                # Who has just lost sight of a case must hear that it is gone.
                concerned = (now.get(change.case_id), left.get(event_id))
                if any(queue_id and sees_queue(page.agent, queue_id) for queue_id in concerned):
                    page.tell(change)


def _concerns(agent: Agent, call: CallChanged) -> bool:
    """Whether the call is, or was, the agent's own, or to a number of their queues."""
    in_queue = call.queue_id is not None and sees_queue(agent, call.queue_id)
    return in_queue or agent.id in call.agent_ids


async def _next(page: _Page, until: float) -> Change | None:
    """The next change; None when it is time to end.

    The deadline is around the waiting alone: it must not strike while the page is being sent to.
    """
    try:
        async with asyncio.timeout_at(until):
            return await page.news.get()
    except TimeoutError:
        return None


async def _queues_now(session: AsyncSession, case_ids: set[UUID]) -> Mapping[UUID, UUID]:
    """The queue of each case."""
    query = select(CaseRow.id, CaseRow.queue_id).where(CaseRow.id.in_(case_ids))
    return dict((await session.execute(query)).all())


async def _queues_left(session: AsyncSession, event_ids: set[UUID]) -> Mapping[UUID, UUID]:
    """The queue that a case was taken from, by the event that tells so."""
    query = (
        select(CaseEventRow.id, QueueRow.id)
        .join(QueueRow, QueueRow.slug == CaseEventRow.data["from"].as_string())
        .where(CaseEventRow.id.in_(event_ids))
    )
    return dict((await session.execute(query)).all())
