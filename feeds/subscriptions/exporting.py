"""What is kept of a subscriber, to be taken along."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.models import TopicRow
from feeds.subscriptions.models import SubscriberRow
from feeds.subscriptions.store import history_of, subscriptions_of


async def exported_subscriptions(session: AsyncSession, row: SubscriberRow) -> dict[str, Any]:
    """As JSON: names of members are in English, moments in ISO 8601 and UTC."""
    rows, history = await subscriptions_of(session, row.id), await history_of(session, row.id)
    ids = {one.topic_id for one in rows} | {one.topic_id for one in history}
    query = select(TopicRow.id, TopicRow.slug).where(TopicRow.id.in_(ids))
    slugs = dict((await session.execute(query)).all())
    return {
        "email": row.email,
        "phone": row.phone,
        "language": row.language,
        "quiet_from": row.quiet_from,
        "quiet_until": row.quiet_until,
        "subscriptions": [
            {
                "topic": slugs[one.topic_id],
                "medium": one.medium,
                "cadence": one.cadence,
                "hour": one.hour,
                "weekday": one.weekday,
                "district": one.district,
                "since": one.created_at.isoformat(),
            }
            for one in rows
        ],
        "consents": [
            {
                "act": one.act,
                "topic": slugs[one.topic_id],
                "medium": one.medium,
                "cadence": one.cadence,
                "address": one.address,
                "how": one.how,
                "source": one.source,
                "said_at": one.said_at.isoformat(),
                "at": one.at.isoformat(),
            }
            for one in history
        ],
    }
