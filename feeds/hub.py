"""The addresses of our feeds, and which of them the WebSub hub is to be told of.

WebSub (https://www.w3.org/TR/websub/) leaves to hub and publisher how the one tells the other;
hubs take what PubSubHubbub 0.4 calls a ping: a POST with ``hub.mode=publish`` and ``hub.url``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, get_args

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import is_postgresql
from core.i18n import LOCALES
from core.settings import Settings
from feeds.models import HubPingRow

FeedFormat = Literal["atom", "rss", "json", "ics"]
FORMATS: tuple[FeedFormat, ...] = get_args(FeedFormat)
ALL = "all"
"""In the place of a topic's slug: all topics together."""


@dataclass(frozen=True, slots=True)
class Hub:
    """``url`` is the hub's, empty when the town uses none; ``portal_url`` where our feeds are."""

    url: str
    portal_url: str
    language: str
    """The town's own, whose feeds have the short address."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.websub_hub, settings.portal_url, settings.language)

    def feed_url(self, slug: str, form: FeedFormat, language: str = "") -> str:
        """Of a topic in a language, or of all topics (:data:`ALL`)."""
        return self.portal_url + feed_path(slug, form, language, own=self.language)

    async def announce(self, session: AsyncSession, slugs: Iterable[str], now: datetime) -> None:
        """Have the hub told of all feeds of these topics, once the transaction is through."""
        if not self.url:
            return
        rows = [{"feed_url": url, "due_at": now} for url in self._urls((*slugs, ALL))]
        insert: Any = postgresql.insert if is_postgresql(session) else sqlite.insert
        new = insert(HubPingRow).values(tries=0, asked=1)
        again = new.on_conflict_do_update(
            index_elements=[HubPingRow.feed_url],
            set_={"due_at": new.excluded.due_at, "tries": 0, "asked": HubPingRow.asked + 1},
        )
        await session.execute(again, rows)

    def _urls(self, slugs: Iterable[str]) -> Iterator[str]:
        for slug in slugs:
            for language in LOCALES:
                yield from (self.feed_url(slug, form, language) for form in FORMATS)


def feed_path(slug: str, form: FeedFormat, language: str = "", *, own: str) -> str:
    """``/feeds/roadworks.atom``; with the language where it is not the town's ``own``."""
    folder = f"{language}/" if language and language != own else ""
    return f"/feeds/{folder}{slug}.{form}"
