"""From the store to what the pages of subscriptions show."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.web.subscriptions.views import (
    DistrictChoice,
    HistoryLine,
    PreferencesPage,
    TopicChoice,
)
from core.errors import NotThere
from feeds import TopicRow, districts, public_topics, said
from feeds.subscriptions import (
    Cadence,
    Medium,
    SubscriberRow,
    SubscriptionRow,
    history_of,
    preferences_tokens,
    subscriptions_of,
)
from notify import Medium as SentBy
from notify import stopped

HISTORY = 50  # lines that are shown


async def subscriber_of(session: AsyncSession, secret: bytes, token: str) -> SubscriberRow:
    """Whose page a link opens. Raises NotThere when it is not one of ours, or they are gone."""
    id = preferences_tokens(secret).read(token)
    row = await session.get(SubscriberRow, id) if id else None
    if row is None:
        raise NotThere("no such subscriber")
    return row


async def choices(
    session: AsyncSession, locale: str, rows: Sequence[SubscriptionRow] = ()
) -> list[TopicChoice]:
    """The public topics, and others that are subscribed to, with what is chosen."""
    topics = {topic.id: topic for topic in await public_topics(session)}
    hidden = {row.topic_id for row in rows} - topics.keys()
    if hidden:
        found = await session.scalars(select(TopicRow).where(TopicRow.id.in_(hidden)))
        topics |= {topic.id: topic for topic in found}
    chosen = {(row.topic_id, row.medium): row.cadence for row in rows}
    return [
        TopicChoice(
            id=topic.id,
            slug=topic.slug,
            name=said(topic.names, locale) or topic.slug,
            summary=said(topic.summaries, locale),
            email=chosen.get((topic.id, Medium.EMAIL), ""),
            sms=(topic.id, Medium.SMS) in chosen,
            home=(topic.id, Medium.HOME) in chosen,
        )
        for topic in topics.values()
    ]


async def district_choices(session: AsyncSession) -> list[DistrictChoice]:
    return [DistrictChoice(slug=row.slug, name=row.name) for row in await districts(session)]


async def preferences_page(
    session: AsyncSession,
    row: SubscriberRow,
    *,
    token: str,
    locale: str,
    hour: int,
    town_number: str,
    notice: str,
) -> PreferencesPage:
    """``hour`` is of digests, for who has none yet."""
    rows = await subscriptions_of(session, row.id)
    digests = [one for one in rows if one.cadence != Cadence.IMMEDIATE]
    no_sms = bool(row.phone and await stopped(session, SentBy.SMS, [row.phone]))
    no_mail = bool(row.email and await stopped(session, SentBy.EMAIL, [row.email]))
    return PreferencesPage(
        token=token,
        email=masked(row.email or ""),
        phone=masked(row.phone or ""),
        account=row.account_id is not None,
        sms_stopped=no_sms,
        email_stopped=no_mail,
        town_number=town_number,
        topics=await choices(session, locale, rows),
        districts=await district_choices(session),
        district=next((one.district for one in rows if one.district), ""),
        hour=digests[0].hour if digests else hour,
        weekday=digests[0].weekday if digests else 0,
        quiet_from=row.quiet_from,
        quiet_until=row.quiet_until,
        language=row.language,
        history=await _history(session, row.id, locale),
        notice=notice,
    )


async def _history(session: AsyncSession, subscriber_id: UUID, locale: str) -> list[HistoryLine]:
    rows = (await history_of(session, subscriber_id))[-HISTORY:]
    found = await session.scalars(
        select(TopicRow).where(TopicRow.id.in_({row.topic_id for row in rows}))
    )
    names = {topic.id: said(topic.names, locale) for topic in found}
    return [
        HistoryLine(
            act=row.act,
            topic=names.get(row.topic_id, ""),
            medium=row.medium,
            how=row.how,
            at=row.said_at,
        )
        for row in reversed(rows)
    ]


def masked(address: str) -> str:
    """Enough for its owner to know it again: ``j•••@citizens.example``, ``+33 ••• 78``."""
    local, at, domain = address.partition("@")
    if at:
        return f"{local[:1]}•••@{domain}"
    return f"{address[:3]} ••• {address[-2:]}" if address else ""
