"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/). No library writes it today: the two on
PyPI are of 2018 and before version 1.1."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, PlainSerializer

from feeds.channel import Channel, urn
from feeds.picture import MEDIA_TYPE
from feeds.reading import Shown

Moment = Annotated[datetime, PlainSerializer(lambda at: at.isoformat(timespec="seconds"))]


class Author(BaseModel):
    name: str
    url: str


class JsonHub(BaseModel):
    type: Literal["WebSub"] = "WebSub"
    url: str


class JsonAttachment(BaseModel):
    url: str
    mime_type: str
    size_in_bytes: int


class JsonItem(BaseModel):
    id: str
    url: str
    external_url: str | None
    title: str
    content_html: str
    summary: str
    image: str | None
    date_published: Moment | None
    date_modified: Moment
    tags: list[str]
    language: str
    attachments: list[JsonAttachment] | None


class JsonFeed(BaseModel):
    version: Literal["https://jsonfeed.org/version/1.1"] = "https://jsonfeed.org/version/1.1"
    title: str
    home_page_url: str
    feed_url: str
    description: str
    language: str
    authors: list[Author]
    hubs: list[JsonHub] | None
    items: list[JsonItem]


def as_json(channel: Channel) -> bytes:
    feed = JsonFeed(
        title=channel.title,
        home_page_url=channel.page_url,
        feed_url=channel.feed_url,
        description=channel.summary,
        language=channel.language,
        authors=[Author(name=channel.town, url=channel.portal_url)],
        hubs=[JsonHub(url=channel.hub_url)] if channel.hub_url else None,
        items=[_item(channel, shown) for shown in channel.shown],
    )
    return feed.model_dump_json(exclude_none=True).encode()


def _item(channel: Channel, shown: Shown) -> JsonItem:
    entry, words = shown.entry, shown.said(channel.language)
    picture = channel.image_url(entry) if entry.image_sha256 else None
    return JsonItem(
        id=urn(entry),
        url=channel.entry_url(entry),
        external_url=entry.source_url or None,
        title=words.title,
        content_html=words.html,
        summary=words.summary,
        image=picture,
        date_published=entry.published_at,
        date_modified=shown.updated_at,
        tags=channel.topic_names(shown),
        language=words.language,
        attachments=[
            JsonAttachment(url=picture, mime_type=MEDIA_TYPE, size_in_bytes=entry.image_size)
        ]
        if picture
        else None,
    )
