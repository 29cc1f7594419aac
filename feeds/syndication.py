"""Atom (RFC 4287) and RSS 2.0 (https://www.rssboard.org/rss-specification): ``feedgenerator``."""

from datetime import datetime
from typing import Any

from feedgenerator import Atom1Feed, Enclosure, Rss201rev2Feed

from feeds.channel import Channel, urn
from feeds.picture import MEDIA_TYPE
from feeds.reading import Shown

GEORSS = "http://www.georss.org/georss"
CONTENT = "http://purl.org/rss/1.0/modules/content/"


class _Updated:
    """A withdrawal is news, too, and leaves nothing in the feed that would say when it was."""

    feed: dict[str, Any]

    def latest_post_date(self) -> datetime:
        updated: datetime = self.feed["updated"]
        return updated


class _Atom(_Updated, Atom1Feed):  # type: ignore[misc]  # feedgenerator has no types
    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xmlns:georss": GEORSS}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["hub"]:
            handler.addQuickElement("link", "", {"rel": "hub", "href": self.feed["hub"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["point"]:
            handler.addQuickElement("georss:point", item["point"])


class _Rss(_Updated, Rss201rev2Feed):  # type: ignore[misc]  # feedgenerator has no types
    def rss_attributes(self) -> dict[str, str]:
        return {**super().rss_attributes(), "xmlns:georss": GEORSS, "xmlns:content": CONTENT}

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["hub"]:
            handler.addQuickElement("atom:link", None, {"rel": "hub", "href": self.feed["hub"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("content:encoded", item["content"])
        if item["point"]:
            handler.addQuickElement("georss:point", item["point"])


def as_atom(channel: Channel) -> bytes:
    return _written(_Atom, channel)


def as_rss(channel: Channel) -> bytes:
    return _written(_Rss, channel)


def _written(form: type[Any], channel: Channel) -> bytes:
    feed = form(
        title=channel.title,
        link=channel.page_url,
        description=channel.summary,
        subtitle=channel.summary,
        language=channel.language,
        author_name=channel.town,
        feed_url=channel.feed_url,
        feed_guid=channel.feed_url,
        updated=channel.updated_at,
        hub=channel.hub_url,
    )
    for shown in channel.shown:
        feed.add_item(**_item(channel, shown))
    text: str = feed.writeString("utf-8")
    return text.encode()


def _item(channel: Channel, shown: Shown) -> dict[str, Any]:
    entry, words = shown.entry, shown.said(channel.language)
    point = f"{entry.latitude} {entry.longitude}" if entry.latitude is not None else ""
    picture = Enclosure(channel.image_url(entry), str(entry.image_size), MEDIA_TYPE)
    return {
        "title": words.title,
        "link": channel.entry_url(entry),
        "description": words.summary,
        "content": words.html,
        "author_name": channel.town,
        "unique_id": urn(entry),
        "unique_id_is_permalink": False,
        "pubdate": entry.published_at,
        "updateddate": shown.updated_at,
        "categories": channel.topic_names(shown),
        "enclosures": [picture] if entry.image_sha256 else [],
        "point": point,
    }
