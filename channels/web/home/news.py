"""The box of the topics that somebody follows on this page."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from channels.web.home.box import HomeLine, Reader
from core.clock import Clock
from core.i18n import N_
from feeds.subscriptions import news_at_home

URGENT = N_("Urgent")


@dataclass(frozen=True, slots=True)
class NewsBox:
    """The newest entries, each once however many topics bring it."""

    clock: Clock
    name: str = "news"
    title: str = N_("News that I follow")
    more: str = N_("Change what you receive")
    url: str = "/me/subscriptions"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        news = await news_at_home(session, reader.account.id, reader.locale, now=self.clock())
        return [
            HomeLine(
                title=one.title,
                url=f"/entries/{one.slug}",
                icon="warning" if one.urgent else "megaphone",
                detail=reader.translate(URGENT) if one.urgent else "",
                side=reader.formats.brief(one.published_at),
            )
            for one in news
        ]
