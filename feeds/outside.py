"""The outside feeds that a town takes entries from."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.errors import BadInput, NotThere
from core.i18n import LOCALES, N_
from core.ids import new_id
from feeds.items import MAX_URL
from feeds.models import OutsideFeedRow, TopicRow

NO_URL = N_("An address begins with https:// or http://.")
THERE = N_("This feed is imported already.")
NO_SUCH_TOPIC = N_("There is no such topic.")


async def list_feeds(session: AsyncSession) -> Sequence[tuple[OutsideFeedRow, TopicRow]]:
    query = (
        select(OutsideFeedRow, TopicRow)
        .join(TopicRow, TopicRow.id == OutsideFeedRow.topic_id)
        .order_by(TopicRow.position, OutsideFeedRow.url)
    )
    return [(feed, topic) for feed, topic in await session.execute(query)]


async def add_feed(
    session: AsyncSession,
    clock: Clock,
    url: str,
    *,
    topic_id: UUID | None,
    language: str,
    publishes: bool,
) -> OutsideFeedRow:
    """It is fetched at the next look. Raises BadInput."""
    url = url.strip()
    if not url.startswith(("https://", "http://")) or len(url) > MAX_URL or " " in url:
        raise BadInput(NO_URL, where="url")
    if await session.scalar(select(OutsideFeedRow.id).where(OutsideFeedRow.url == url)):
        raise BadInput(THERE, where="url")
    topic = await session.get(TopicRow, topic_id) if topic_id else None
    if topic is None or topic.archived_at is not None:
        raise BadInput(NO_SUCH_TOPIC, where="topic")
    row = OutsideFeedRow(
        id=new_id(),
        url=url,
        topic_id=topic.id,
        language=language if language in LOCALES else LOCALES[0],
        publishes=publishes,
        enabled=True,
        look_at=clock(),
    )
    session.add(row)
    return row


async def feed_for(session: AsyncSession, feed_id: UUID) -> OutsideFeedRow:
    """Locked. Raises NotThere."""
    row = await session.get(OutsideFeedRow, feed_id, with_for_update=True)
    if row is None:
        raise NotThere("no such feed")
    return row
