"""The life of an entry after it was written: scheduled, published, corrected, withdrawn.

Each step is in the caller's transaction, with the event that tells of it and the pings to the hub.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blobs
from core.clock import Clock
from core.errors import BadInput, NotNow
from core.i18n import N_
from core.ids import derived_id
from feeds.entry import NO_TOPIC, NO_WORDS, Writing
from feeds.hub import Hub
from feeds.keeping import keep_facts, keep_words
from feeds.models import EntryRow, EntryStatus, EntryTopicRow, EntryVersionRow, TopicRow
from ingest import publish
from ingest.events import EntryPublished, new_event

PUBLISHED_ALREADY = N_("It is published already.")
NOT_PUBLISHED = N_("It is not published.")
IN_THE_PAST = N_("Choose a moment that is still to come.")

Change = Literal["published", "corrected", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Publishing:
    clock: Clock
    blobs: Blobs
    hub: Hub

    async def publish(self, session: AsyncSession, entry: EntryRow) -> None:
        """Show a draft to everybody, now. Raises NotNow, and BadInput when something is missing."""
        _check_unpublished(entry)
        await self._check_whole(session, entry)
        now = self.clock()
        entry.status = EntryStatus.PUBLISHED
        entry.published_at, entry.publish_at = now, None
        await self._show(session, entry, now)
        await self._tell(session, entry, "published")

    async def schedule(self, session: AsyncSession, entry: EntryRow, at: datetime) -> None:
        """Publish it by itself at a moment. Raises NotNow, BadInput."""
        _check_unpublished(entry)
        if at <= self.clock():
            raise BadInput(IN_THE_PAST, where="publish_on")
        await self._check_whole(session, entry)
        entry.status, entry.publish_at = EntryStatus.SCHEDULED, at
        entry.revision += 1

    async def unschedule(self, entry: EntryRow) -> None:
        """Make it a draft again."""
        _check_unpublished(entry)
        entry.status, entry.publish_at = EntryStatus.DRAFT, None
        entry.revision += 1

    async def correct(
        self, session: AsyncSession, entry: EntryRow, writing: Writing, *, by: UUID | None
    ) -> None:
        """Another version in the place of the one that is shown; ``writing`` must be sound.

        Raises NotNow, BadInput.
        """
        if entry.status != EntryStatus.PUBLISHED:
            raise NotNow(NOT_PUBLISHED)
        if not writing.topic_ids:
            raise BadInput(NO_TOPIC, where="topics")
        left = await _topics_of(session, entry.id)
        entry.version += 1
        entry.corrected_at = self.clock()
        await keep_facts(session, self.blobs, entry, writing)
        keep_words(session, self.clock, entry, writing.words, by=by)
        await session.flush()
        await self._show(session, entry, self.clock(), also=left)
        await self._tell(session, entry, "corrected", also=left)

    async def withdraw(self, session: AsyncSession, entry: EntryRow) -> None:
        """No feed and no list has it any more; its page says that it was withdrawn."""
        if entry.status != EntryStatus.PUBLISHED:
            raise NotNow(NOT_PUBLISHED)
        entry.status, entry.withdrawn_at = EntryStatus.WITHDRAWN, self.clock()
        await self._show(session, entry, None)
        await self._tell(session, entry, "withdrawn")

    async def _check_whole(self, session: AsyncSession, entry: EntryRow) -> None:
        await session.flush()
        if not await _topics_of(session, entry.id):
            raise BadInput(NO_TOPIC, where="topics")
        words = select(EntryVersionRow.language).where(
            EntryVersionRow.entry_id == entry.id, EntryVersionRow.number == entry.version
        )
        if await session.scalar(words.limit(1)) is None:
            raise BadInput(NO_WORDS, where="title-fr")

    async def _show(
        self,
        session: AsyncSession,
        entry: EntryRow,
        since: datetime | None,
        also: Mapping[UUID, str] | None = None,
    ) -> None:
        """Have the lists of its topics show it, or not any more."""
        entry.revision += 1
        shown = entry.published_at if since else None
        await session.execute(
            update(EntryTopicRow)
            .where(EntryTopicRow.entry_id == entry.id)
            .values(published_at=shown)
        )
        changed = {*await _topics_of(session, entry.id), *(also or {})}
        await session.execute(
            update(TopicRow).where(TopicRow.id.in_(changed)).values(changed_at=self.clock())
        )

    async def _tell(
        self,
        session: AsyncSession,
        entry: EntryRow,
        change: Change,
        also: Mapping[UUID, str] | None = None,
    ) -> None:
        topics = {**await _topics_of(session, entry.id), **(also or {})}
        await self.hub.announce(session, sorted(set(topics.values())), self.clock())
        event = new_event(
            EntryPublished(
                entry_id=entry.id, version=entry.version, change=change, urgent=entry.urgent
            ),
            key=entry.id,
            id=derived_id(entry.id, f"{EntryPublished.stream}:{entry.version}:{change}"),
            time=self.clock(),
        )
        await publish(session, [event])


def _check_unpublished(entry: EntryRow) -> None:
    if entry.status not in (EntryStatus.DRAFT, EntryStatus.SCHEDULED):
        raise NotNow(PUBLISHED_ALREADY)


async def _topics_of(session: AsyncSession, entry_id: UUID) -> dict[UUID, str]:
    """The slugs of the topics that it stands in, without archived ones."""
    query = (
        select(TopicRow.id, TopicRow.slug)
        .join(EntryTopicRow, EntryTopicRow.topic_id == TopicRow.id)
        .where(EntryTopicRow.entry_id == entry_id, TopicRow.archived_at.is_(None))
    )
    return dict((await session.execute(query)).all())
