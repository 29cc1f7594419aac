"""What somebody follows on the first page of their space."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.models import EntryRow, EntryTopicRow, EntryVersionRow
from feeds.subscriptions.audience import in_language
from feeds.subscriptions.models import Medium, SubscriberRow, SubscriptionRow

MOST = 5  # entries: the newest


@dataclass(frozen=True, slots=True)
class HomeEntry:
    slug: str
    title: str
    published_at: datetime
    urgent: bool


async def news_at_home(
    session: AsyncSession, account_id: UUID, language: str, *, now: datetime
) -> list[HomeEntry]:
    """The newest first, each once however many topics bring it; what has expired is left out."""
    theirs = (
        select(EntryTopicRow.entry_id, EntryTopicRow.published_at)
        .join(SubscriptionRow, SubscriptionRow.topic_id == EntryTopicRow.topic_id)
        .join(SubscriberRow, SubscriberRow.id == SubscriptionRow.subscriber_id)
        .join(EntryRow, EntryRow.id == EntryTopicRow.entry_id)
        .where(
            SubscriberRow.account_id == account_id,
            SubscriptionRow.medium == Medium.HOME,
            EntryTopicRow.published_at.is_not(None),
            or_(EntryRow.expires_at.is_(None), EntryRow.expires_at > now),
            or_(
                EntryRow.district == "",
                SubscriptionRow.district == "",
                SubscriptionRow.district == EntryRow.district,
            ),
        )
        .distinct()
        .order_by(EntryTopicRow.published_at.desc())
        .limit(MOST)
    )
    ids = [entry_id for entry_id, _ in await session.execute(theirs)]
    query = (
        select(EntryRow, EntryVersionRow.language, EntryVersionRow.title)
        .join(EntryVersionRow, EntryVersionRow.entry_id == EntryRow.id)
        .where(EntryRow.id.in_(ids), EntryVersionRow.number == EntryRow.version)
    )
    entries: dict[UUID, EntryRow] = {}
    titles: dict[UUID, dict[str, str]] = {}
    for entry, spoken, title in await session.execute(query):
        entries[entry.id] = entry
        titles.setdefault(entry.id, {})[spoken] = title
    return [
        HomeEntry(
            slug=entries[id].slug,
            title=in_language(titles[id], language, language),
            published_at=entries[id].published_at or now,
            urgent=entries[id].urgent,
        )
        for id in ids
        if id in entries
    ]
