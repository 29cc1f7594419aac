"""The box of news: the newest entries of the topics that the citizen has chosen for this page."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from channels.web.home.box import HomeLine, Reader
from core.i18n import N_
from feeds import published_in, said
from feeds.subscriptions import topics_at_home

MOST = 5  # lines


@dataclass(frozen=True, slots=True)
class NewsBox:
    """``zone`` is where the town's days begin."""

    zone: ZoneInfo
    name: str = "news"
    title: str = N_("News of my topics")
    more: str = N_("All news")
    url: str = "/topics"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        topics = await topics_at_home(session, reader.account.id)
        found = await published_in(session, topics, most=MOST)
        return [
            HomeLine(
                title=shown.said(reader.locale).title,
                url=f"/entries/{shown.entry.slug}",
                icon="note",
                detail=", ".join(said(topic.names, reader.locale) for topic in shown.topics),
                side=reader.formats.month_day(shown.updated_at.astimezone(self.zone).date()),
            )
            for shown in found
        ]
