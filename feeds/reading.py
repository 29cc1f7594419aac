"""Entries as everybody reads them: in lists, on their pages, in feeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import NotThere
from core.i18n import LOCALES
from feeds.models import EntryRow, EntryStatus, EntryTopicRow, EntryVersionRow, TopicRow

_PUBLIC = (TopicRow.public.is_(True), TopicRow.archived_at.is_(None))

IN_A_FEED = 50  # entries
ON_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry with the words of the version that is shown, and its topics.

    Of those only the ones that everybody may read, except for agents.
    """

    entry: EntryRow
    words: Mapping[str, EntryVersionRow]
    """By language; one at least."""
    topics: Sequence[TopicRow]

    def said(self, locale: str) -> EntryVersionRow:
        """In the reader's language, else in one that there is."""
        return self.words.get(locale) or next(
            self.words[one] for one in (*LOCALES, *self.words) if one in self.words
        )

    @property
    def updated_at(self) -> datetime:
        """When its page changed for the last time."""
        entry = self.entry
        moments = (entry.withdrawn_at, entry.corrected_at, entry.published_at, entry.created_at)
        return max(one for one in moments if one is not None)


@dataclass(frozen=True, slots=True)
class Page:
    shown: Sequence[Shown]
    next_before: UUID | None
    """What the next page begins behind; None on the last one."""


async def published(
    session: AsyncSession,
    topic: TopicRow | None = None,
    *,
    most: int = ON_A_PAGE,
    before: UUID | None = None,
    dated: bool = False,
) -> Page:
    """The newest entries of a topic, or of all that are public.

    ``before`` is an entry, behind which to go on; ``dated`` leaves those that have a date.
    """
    # In the order of an index of the table that the list is of.
    when, which = EntryRow.published_at, EntryRow.id
    if topic is not None:
        when, which = EntryTopicRow.published_at, EntryTopicRow.entry_id
    query = select(EntryRow).order_by(when.desc(), which.desc()).limit(most + 1)
    if topic is None:
        query = query.where(EntryRow.status == EntryStatus.PUBLISHED, _in_public(*_PUBLIC))
    else:
        query = query.join(EntryTopicRow, EntryTopicRow.entry_id == EntryRow.id).where(
            EntryTopicRow.topic_id == topic.id, EntryTopicRow.published_at.is_not(None)
        )
    if dated:
        query = query.where(EntryRow.starts_at.is_not(None))
    last = await session.get(EntryRow, before) if before else None
    if last is not None and last.published_at is not None:
        earlier = and_(when == last.published_at, which < last.id)
        query = query.where(or_(when < last.published_at, earlier))
    rows = (await session.scalars(query)).all()
    more = rows[most - 1].id if len(rows) > most else None
    return Page(await shown_of(session, rows[:most]), more)


async def entry_page(session: AsyncSession, slug: str) -> Shown:
    """A published or withdrawn one of a public topic. Raises NotThere."""
    query = select(EntryRow).where(
        EntryRow.slug == slug,
        EntryRow.status.in_((EntryStatus.PUBLISHED, EntryStatus.WITHDRAWN)),
        _in_public(TopicRow.public.is_(True)),  # also of a topic that was archived since
    )
    row = await session.scalar(query)
    if row is None:
        raise NotThere("no such entry")
    (shown,) = await shown_of(session, [row])
    return shown


async def shown_entry(session: AsyncSession, entry_id: UUID) -> Shown:
    """Of whatever status, for agents and for whoever tells of it. Raises NotThere."""
    row = await session.get(EntryRow, entry_id)
    found = await shown_of(session, [row], such=()) if row else []
    if not found:
        raise NotThere("no such entry")
    return found[0]


async def corrections(session: AsyncSession, entry: EntryRow) -> Sequence[EntryVersionRow]:
    """The versions after the first, the newest first, in all languages."""
    query = (
        select(EntryVersionRow)
        .where(EntryVersionRow.entry_id == entry.id, EntryVersionRow.number > 1)
        .order_by(EntryVersionRow.number.desc(), EntryVersionRow.language)
    )
    return (await session.scalars(query)).all()


async def shown_of(
    session: AsyncSession,
    rows: Sequence[EntryRow],
    *,
    such: Sequence[ColumnElement[bool]] = _PUBLIC,
) -> list[Shown]:
    """With the topics ``such`` as given; two queries."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    words: dict[UUID, dict[str, EntryVersionRow]] = {}
    versions = (
        select(EntryVersionRow)
        .join(EntryRow, EntryRow.id == EntryVersionRow.entry_id)
        .where(EntryRow.id.in_(ids), EntryVersionRow.number == EntryRow.version)
    )
    for version in await session.scalars(versions):
        words.setdefault(version.entry_id, {})[version.language] = version
    topics: dict[UUID, list[TopicRow]] = {}
    standing = (
        select(EntryTopicRow.entry_id, TopicRow)
        .join(TopicRow, TopicRow.id == EntryTopicRow.topic_id)
        .where(EntryTopicRow.entry_id.in_(ids), *such)
        .order_by(TopicRow.position, TopicRow.slug)
    )
    for entry_id, topic in await session.execute(standing):
        topics.setdefault(entry_id, []).append(topic)
    return [Shown(row, words[row.id], topics.get(row.id, [])) for row in rows if row.id in words]


def _in_public(*such: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether an entry stands in such a topic."""
    return exists(
        select(EntryTopicRow.entry_id)
        .join(TopicRow, TopicRow.id == EntryTopicRow.topic_id)
        .where(EntryTopicRow.entry_id == EntryRow.id, *such)
        .correlate(EntryRow)
    )
