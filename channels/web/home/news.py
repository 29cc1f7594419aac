"""The box of what the town tells about the topics that the citizen follows here."""

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
    clock: Clock
    name: str = "news"
    title: str = N_("News that I follow")
    more: str = N_("Change what you receive")
    url: str = "/me/subscriptions"

    async def lines(self, session: AsyncSession, reader: Reader) -> Sequence[HomeLine]:
        """The newest first."""
        entries = await news_at_home(
            session, reader.account.id, reader.locale, now=self.clock()
        )
        return [
            HomeLine(
                title=entry.title,
                url=f"/entries/{entry.slug}",
                icon="warning" if entry.urgent else "megaphone",
                detail=reader.translate(URGENT) if entry.urgent else "",
                side=reader.formats.brief(entry.published_at),
            )
            for entry in entries
        ]
