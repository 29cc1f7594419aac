"""The pages of topics and entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from channels.web.topics.cards import card_of, feed_links, groups_of, topic_link
from channels.web.topics.views import Correction, EntryCard, EntryPage, TopicPage, TopicsPage
from core.blobs import Blobs
from core.database import Database
from core.errors import NotThere
from core.i18n import translator
from core.settings import Settings
from core.web import Pages
from feeds import (
    EntryRow,
    EntryStatus,
    Page,
    Shown,
    corrections,
    districts,
    entry_page,
    public_topic,
    public_topics,
    published,
    sections,
)

OPENSTREETMAP = "https://www.openstreetmap.org/"
LATEST = 3
"""Entries on the portal's first page."""
FOR_EVER = "public, max-age=31536000, immutable"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class TopicPages:
    database: Database
    blobs: Blobs
    pages: Pages
    settings: Settings

    async def topics(self, request: Request) -> Response:
        """All topics, and the newest entries of all of them."""
        locale = self.pages.locale_of(request)
        async with self.database.read() as session:
            topics = await public_topics(session)
            groups = groups_of(topics, await sections(session), locale)
            page = await published(session, before=_before(request))
            entries = await self._cards(session, page.shown, locale)
        _ = translator(locale)
        view = TopicsPage(
            groups=groups,
            entries=entries,
            next_url=_next("/topics", page),
            feeds=feed_links(_("All topics"), locale, self.settings.language),
        )
        return self.pages.render(request, "portal/topics/topics.html", view)

    async def topic(self, request: Request, slug: str) -> Response:
        locale, before = self.pages.locale_of(request), _before(request)
        async with self.database.read() as session:
            topic = await public_topic(session, slug)
            page = await published(session, topic, before=before)
            entries = await self._cards(session, page.shown, locale)
        link = topic_link(topic, locale)
        view = TopicPage(
            topic=link,
            entries=entries,
            first_url=f"/topics/{slug}" if before else "",
            next_url=_next(f"/topics/{slug}", page),
            feeds=feed_links(link.name, locale, self.settings.language, slug),
        )
        return self.pages.render(request, "portal/topics/topic.html", view)

    async def entry(self, request: Request, slug: str) -> Response:
        """Published, or withdrawn: then it says so, and no more than its title."""
        locale = self.pages.locale_of(request)
        async with self.database.read() as session:
            shown = await entry_page(session, slug)
            (card,) = await self._cards(session, [shown], locale)
            versions = await corrections(session, shown.entry) if shown.entry.version > 1 else []
        entry, language = shown.entry, shown.said(locale).language
        view = EntryPage(
            card=card,
            html=shown.said(locale).html,
            corrections=[
                Correction(at=one.at, text=one.correction)
                for one in versions
                if one.language == language
            ],
            withdrawn_at=entry.withdrawn_at if entry.status == EntryStatus.WITHDRAWN else None,
            source_url=entry.source_url,
            map_url=_map_url(entry),
            calendar_url=f"/entries/{slug}.ics" if entry.starts_at else "",
            feeds=[
                link
                for topic in card.topics
                for link in feed_links(topic.name, locale, self.settings.language, topic.slug)
            ],
        )
        status = 410 if view.withdrawn_at else 200
        return self.pages.render(request, "portal/topics/entry.html", view, status=status)

    async def picture(self, slug: str, name: str) -> Response:
        """``name`` begins its digest, so that browsers may keep it for ever."""
        async with self.database.read() as session:
            entry = (await entry_page(session, slug)).entry
            withdrawn = entry.status == EntryStatus.WITHDRAWN
            sha256 = entry.image_sha256
            if sha256 is None or withdrawn or f"{sha256[:12]}.jpg" != name:
                raise NotThere("no such picture")
            content = await self.blobs.read(session, sha256)
        return Response(content, media_type="image/jpeg", headers={"Cache-Control": FOR_EVER})

    async def latest(self, locale: str) -> list[EntryCard]:
        """For the portal's first page, which is there when the store is away."""
        try:
            async with self.database.read() as session:
                page = await published(session, most=LATEST)
                return await self._cards(session, page.shown, locale)
        except (SQLAlchemyError, OSError) as problem:
            log.warning("topics.store_away", error=repr(problem))
            return []

    async def _cards(
        self, session: AsyncSession, shown: Sequence[Shown], locale: str
    ) -> list[EntryCard]:
        names = {one.slug: one.name for one in await districts(session)}
        return [card_of(one, locale, names) for one in shown]


def _before(request: Request) -> UUID | None:
    try:
        return UUID(request.query_params.get("before", ""))
    except ValueError:
        return None


def _next(path: str, page: Page) -> str:
    return f"{path}?before={page.next_before}" if page.next_before else ""


def _map_url(entry: EntryRow) -> str:
    if entry.latitude is None or entry.longitude is None:
        return ""
    at = f"{entry.latitude:.5f}/{entry.longitude:.5f}"
    marker = f"mlat={entry.latitude:.5f}&mlon={entry.longitude:.5f}"
    return f"{OPENSTREETMAP}?{marker}#map=17/{at}"
