"""Items of outside feeds become entries: fetched now and then, each item once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import audit
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database, is_unavailable
from core.errors import BadInput
from core.looks import keep_looking
from core.processes import Processes, WorkerDied
from core.text import clean_line
from feeds.entry import Source, Writing, words_of
from feeds.fetching import Fetched, Fetching, NotFetched
from feeds.items import Item, read_items
from feeds.keeping import new_draft
from feeds.known import new_items, passed
from feeds.models import OutsideFeedRow
from feeds.publishing import Publishing

EVERY = 30.0  # seconds between looks for feeds that are due
PAUSE = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(days=1)
AT_FIRST = 10
"""So many items of a new feed come, and as drafts: what is old is news to nobody."""
PARSE_SECONDS = 20.0

log = structlog.get_logger()


class Imports:
    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        publishing: Publishing,
        processes: Processes,
        fetching: Fetching,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._publishing = publishing
        self._processes = processes
        self._fetching = fetching

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("imports", self.look, EVERY)

    async def look(self) -> bool:
        """Fetch the feed that is due the longest; returns whether there was one."""
        feed = await self._claim()
        if feed is None:
            return False
        try:
            fetched = await self._fetching.fetch(
                feed.url, etag=feed.etag, last_modified=feed.last_modified
            )
            items = await self._read(fetched)
            await self._take(feed.id, fetched, items)
        except (NotFetched, BadInput) as problem:
            await self._note_problem(feed.id, problem.reason)
        except Exception as problem:  # the outer wall: a stranger wrote it
            if is_unavailable(problem):
                raise
            log.exception("imports.failed", feed=str(feed.id))
            await self._note_problem(feed.id, "it cannot be read")
        return True

    async def _claim(self) -> OutsideFeedRow | None:
        """Put the next look off first: who dies over a feed does not do so for ever."""
        due = (OutsideFeedRow.enabled.is_(True), OutsideFeedRow.look_at <= self._clock())
        async with self._database.read() as session:
            if await session.scalar(select(OutsideFeedRow.id).where(*due).limit(1)) is None:
                return None
        query = select(OutsideFeedRow).where(*due).order_by(OutsideFeedRow.look_at).limit(1)
        async with self._database.begin() as session:
            feed = await session.scalar(query.with_for_update(skip_locked=True))
            if feed is not None:
                feed.look_at = self._clock() + PAUSE
        return feed

    async def _read(self, fetched: Fetched) -> list[Item]:
        if fetched.content is None:
            return []
        try:
            async with asyncio.timeout(PARSE_SECONDS):
                return await self._processes.run(
                    read_items, fetched.content, fetched.content_type, fetched.url
                )
        except TimeoutError:
            self._processes.restart()
            raise BadInput("it takes too long to read") from None
        except WorkerDied as problem:
            raise BadInput("it cannot be read") from problem

    async def _take(self, feed_id: UUID, fetched: Fetched, items: list[Item]) -> None:
        async with self._database.begin(patient=True) as session:
            feed = await session.get(OutsideFeedRow, feed_id, with_for_update=True)
            if feed is None:
                return  # taken away meanwhile
            new, first = await new_items(session, feed, items, self._clock()), False
            if feed.fetched_at is None:
                first = True
                feed.passed_over = [list(passed(item)) for item in new[AT_FIRST:]]
                new = new[:AT_FIRST]
            # The oldest first, so that the order of coming is the order of the feed.
            for item in reversed(new):
                await self._enter(session, feed, item, publish=feed.publishes and not first)
            feed.fetched_at, feed.failures, feed.problem = self._clock(), 0, ""
            if fetched.content is not None:
                feed.etag, feed.last_modified = fetched.etag, fetched.last_modified

    async def _enter(
        self, session: AsyncSession, feed: OutsideFeedRow, item: Item, *, publish: bool
    ) -> None:
        writing = Writing(
            words={feed.language: words_of(title=item.title, body=item.body)},
            topic_ids=(feed.topic_id,),
            source=Source(feed_id=feed.id, guid=item.guid, url=item.url),
        )
        entry = await new_draft(session, self._blobs, self._clock, writing, by=None)
        action = "entry.imported"
        if publish:
            try:
                await self._publishing.publish(session, entry)
                action = "entry.published"
            except BadInput:
                pass  # its topic was archived: it stays a draft
        audit.record(
            session,
            self._clock,
            agent_id=None,
            action=action,
            object_kind="entry",
            object_id=str(entry.id),
            details={"feed": feed.url, "guid": item.guid},
        )

    async def _note_problem(self, feed_id: UUID, reason: str) -> None:
        log.warning("imports.not_read", feed=str(feed_id), error=reason)
        async with self._database.begin() as session:
            feed = await session.get(OutsideFeedRow, feed_id, with_for_update=True)
            if feed is not None:
                feed.failures += 1
                feed.problem = clean_line(reason)
                pause = min(PAUSE * 2 ** min(feed.failures, 10), LONGEST_PAUSE)
                feed.look_at = self._clock() + pause
