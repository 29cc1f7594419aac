"""Keeping what was written: drafts, and the rows of a version."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blobs
from core.clock import Clock
from core.errors import Conflict, NotThere
from core.ids import new_id
from feeds.entry import Source, Words, Writing, summary_of
from feeds.models import EntryRow, EntryStatus, EntryTopicRow, EntryVersionRow
from feeds.slugs import entry_slug

_FACTS = (
    "urgent",
    "district",
    "place",
    "latitude",
    "longitude",
    "starts_at",
    "ends_at",
    "all_day",
    "expires_at",
)


async def entry_for(session: AsyncSession, entry_id: UUID, *, to_change: bool = False) -> EntryRow:
    """``to_change`` locks it. Raises NotThere."""
    query = select(EntryRow).where(EntryRow.id == entry_id)
    entry = await session.scalar(query.with_for_update() if to_change else query)
    if entry is None:
        raise NotThere("no such entry")
    return entry


def check_revision(entry: EntryRow, revision: int) -> None:
    """Raises Conflict when somebody has changed it since."""
    if entry.revision != revision:
        raise Conflict("somebody has changed the entry", current=entry.revision)


async def new_draft(
    session: AsyncSession, blobs: Blobs, clock: Clock, writing: Writing, *, by: UUID | None
) -> EntryRow:
    """A first version, in the caller's transaction; it need not be sound."""
    entry_id, source = new_id(), writing.source or Source()
    title = next((words.title for words in writing.words.values()), "")
    entry = EntryRow(
        id=entry_id,
        slug=entry_slug(title, entry_id),
        status=EntryStatus.DRAFT,
        version=1,
        revision=1,
        outside_feed_id=source.feed_id,
        guid=source.guid,
        source_url=source.url,
        case_id=source.case_id,
        image_size=0,
        image_width=0,
        image_height=0,
        created_at=clock(),
        created_by=by,
    )
    session.add(entry)
    await keep_facts(session, blobs, entry, writing)
    keep_words(session, clock, entry, writing.words, by=by)
    return entry


async def change_draft(
    session: AsyncSession,
    blobs: Blobs,
    clock: Clock,
    entry: EntryRow,
    writing: Writing,
    *,
    by: UUID | None,
) -> None:
    """Put another text in the place of a draft's; its address follows its title."""
    await keep_facts(session, blobs, entry, writing)
    await session.execute(
        delete(EntryVersionRow).where(
            EntryVersionRow.entry_id == entry.id, EntryVersionRow.number == entry.version
        )
    )
    keep_words(session, clock, entry, writing.words, by=by)
    title = next((words.title for words in writing.words.values()), "")
    entry.slug = entry_slug(title, entry.id)
    entry.revision += 1


async def keep_facts(
    session: AsyncSession, blobs: Blobs, entry: EntryRow, writing: Writing
) -> None:
    """What is not words: dates, place, picture, topics."""
    for name in _FACTS:
        setattr(entry, name, getattr(writing, name))
    if writing.picture:
        await blobs.keep(session, [writing.picture.blob])
        entry.image_sha256 = writing.picture.blob.sha256
        entry.image_size = writing.picture.blob.size
        entry.image_width = writing.picture.width
        entry.image_height = writing.picture.height
    elif writing.without_picture:
        entry.image_sha256, entry.image_size = None, 0
    await session.flush()
    there = EntryTopicRow.entry_id == entry.id
    kept = set(await session.scalars(select(EntryTopicRow.topic_id).where(there)))
    gone = kept.difference(writing.topic_ids)
    if gone:
        await session.execute(delete(EntryTopicRow).where(there, EntryTopicRow.topic_id.in_(gone)))
    shown_since = entry.published_at if entry.status == EntryStatus.PUBLISHED else None
    session.add_all(
        EntryTopicRow(entry_id=entry.id, topic_id=topic_id, published_at=shown_since)
        for topic_id in dict.fromkeys(writing.topic_ids)
        if topic_id not in kept
    )


def keep_words(
    session: AsyncSession,
    clock: Clock,
    entry: EntryRow,
    words: Mapping[str, Words],
    *,
    by: UUID | None,
) -> None:
    """As the version that the entry has now."""
    session.add_all(
        EntryVersionRow(
            entry_id=entry.id,
            number=entry.version,
            language=language,
            title=one.title,
            summary=summary_of(one),
            body=one.body,
            html=one.html,
            sms=one.sms,
            image_alt=one.image_alt,
            correction=one.correction,
            at=clock(),
            agent_id=by,
        )
        for language, one in words.items()
    )
