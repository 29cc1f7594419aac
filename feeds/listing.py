"""Entries as agents find them: by status, the newest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.models import EntryRow, EntryStatus, EntryTopicRow
from feeds.reading import Shown, shown_of

PAGE = 30  # entries


@dataclass(frozen=True, slots=True)
class EntryList:
    shown: Sequence[Shown]
    next_before: UUID | None
    """What the next page begins behind; None on the last one."""


async def list_entries(
    session: AsyncSession, status: EntryStatus, *, before: UUID | None = None
) -> EntryList:
    """In the order in which they were begun, the newest first."""
    query = select(EntryRow).where(EntryRow.status == status).order_by(EntryRow.id.desc())
    if before:
        query = query.where(EntryRow.id < before)
    rows = (await session.scalars(query.limit(PAGE + 1))).all()
    more = rows[PAGE - 1].id if len(rows) > PAGE else None
    return EntryList(await shown_of(session, rows[:PAGE], such=()), more)


async def count_by_status(session: AsyncSession) -> Mapping[str, int]:
    """Of what is still to be published; the rest grows for ever."""
    open_ones = (EntryStatus.DRAFT, EntryStatus.SCHEDULED)
    query = (
        select(EntryRow.status, func.count())
        .where(EntryRow.status.in_(open_ones))
        .group_by(EntryRow.status)
    )
    counts: dict[str, int] = dict((await session.execute(query)).all())
    return {status: counts.get(status, 0) for status in open_ones}


async def topic_ids_of(session: AsyncSession, entry_id: UUID) -> tuple[UUID, ...]:
    """Archived and hidden ones included."""
    query = select(EntryTopicRow.topic_id).where(EntryTopicRow.entry_id == entry_id)
    return tuple(await session.scalars(query))
