"""The feeds of topics: ``/feeds/<topic>.atom``, ``.rss``, ``.json`` and ``.ics``.

Each is of one language, and asked for again and again: what has not changed is answered with 304
(RFC 9110, section 13) after a single look at the topic. Headers name the feed and the WebSub hub.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from channels.web.topics.cards import MEDIA_TYPES
from core.clock import Clock
from core.database import Database
from core.errors import NotThere
from core.i18n import LOCALES, N_, translator
from core.settings import Settings
from core.web.files import has_picture
from feeds import (
    ALL,
    IN_A_FEED,
    Channel,
    FeedFormat,
    Hub,
    Shown,
    TopicRow,
    entry_page,
    feeds_changed_at,
    public_topic,
    published,
    said,
)
from feeds.ical import as_calendar
from feeds.jsonfeed import as_json
from feeds.syndication import as_atom, as_rss

REVISION = "1"
"""Of how feeds are written: grows when what readers have is to be fetched anew."""
FRESH = "public, max-age=60"  # seconds: an alert is not to wait in a proxy
ALL_SUMMARY = N_("Everything that %(town)s announces.")

_WRITERS: dict[FeedFormat, Callable[[Channel, ZoneInfo], bytes]] = {
    "atom": lambda channel, _zone: as_atom(channel),
    "rss": lambda channel, _zone: as_rss(channel),
    "json": lambda channel, _zone: as_json(channel),
    "ics": as_calendar,
}


@dataclass(frozen=True, slots=True)
class Feeds:
    database: Database
    clock: Clock
    settings: Settings

    async def feed(self, request: Request, name: str, language: str = "") -> Response:
        slug, _, ending = name.rpartition(".")
        form = _form(ending)
        language = language or self.settings.language
        if language not in LOCALES:
            raise NotThere("no such language")
        async with self.database.read() as session:
            topic = None if slug == ALL else await public_topic(session, slug)
            changed = topic.changed_at if topic else await feeds_changed_at(session)
            changed = (changed or self.clock()).astimezone(UTC)
            headers = self._headers(slug, form, language, changed)
            if _is_known(request, headers["ETag"], changed):
                return Response(status_code=304, headers=headers)
            page = await published(session, topic, most=IN_A_FEED, dated=form == "ics")
        channel = self._channel(topic, form, language, changed, list(page.shown))
        content = _WRITERS[form](channel, self.settings.zone)
        return Response(content, media_type=_media_type(form), headers=headers)

    async def event(self, request: Request, slug: str) -> Response:
        """One dated entry, for a calendar."""
        language = str(getattr(request.state, "locale", self.settings.language))
        async with self.database.read() as session:
            shown = await entry_page(session, slug)
        if shown.entry.starts_at is None or shown.entry.withdrawn_at is not None:
            raise NotThere("no such date")
        channel = self._channel(None, "ics", language, shown.updated_at, [shown])
        content = as_calendar(channel, self.settings.zone)
        headers = {"Content-Disposition": f'attachment; filename="{slug}.ics"'}
        return Response(content, media_type=_media_type("ics"), headers=headers)

    def _channel(
        self,
        topic: TopicRow | None,
        form: FeedFormat,
        language: str,
        changed: datetime,
        shown: list[Shown],
    ) -> Channel:
        settings, hub, say = self.settings, Hub.of(self.settings), translator(language)
        summary = say(ALL_SUMMARY) % {"town": settings.town}
        if topic:
            summary = said(topic.summaries, language) or said(topic.names, language)
        return Channel(
            title=f"{said(topic.names, language)} · {settings.town}" if topic else settings.town,
            summary=summary,
            language=language,
            town=settings.town,
            page_url=f"{hub.portal_url}/topics{f'/{topic.slug}' if topic else ''}",
            feed_url=hub.feed_url(topic.slug if topic else ALL, form, language),
            hub_url=hub.url,
            portal_url=hub.portal_url,
            updated_at=changed,
            shown=shown,
        )

    def _headers(
        self, slug: str, form: FeedFormat, language: str, changed: datetime
    ) -> dict[str, str]:
        hub, settings = Hub.of(self.settings), self.settings
        told = (REVISION, slug, form, language, changed.isoformat(), settings.town)
        tag = hashlib.sha256("\n".join((*told, hub.url, hub.portal_url)).encode()).hexdigest()
        links = [f'<{hub.feed_url(slug, form, language)}>; rel="self"']
        if hub.url:
            links.append(f'<{hub.url}>; rel="hub"')
        return {
            "ETag": f'"{tag[:20]}"',
            "Last-Modified": format_datetime(changed, usegmt=True),
            "Cache-Control": FRESH,
            "Content-Language": language,
            "Link": ", ".join(links),
        }


def _form(ending: str) -> FeedFormat:
    for form in _WRITERS:
        if form == ending:
            return form
    raise NotThere("no such feed")


def _media_type(form: FeedFormat) -> str:
    return f"{MEDIA_TYPES[form]}; charset=utf-8"


def _is_known(request: Request, tag: str, changed: datetime) -> bool:
    """Whether the reader has this state: by its tag, and only without one by its date."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or has_picture(tags, tag.strip('"'))
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
        return changed.replace(microsecond=0) <= since
    except (ValueError, TypeError):
        return False
