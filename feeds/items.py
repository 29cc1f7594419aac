"""What stands in an RSS or Atom feed of somebody else's (read by ``feedparser``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any

from core.errors import BadInput
from core.text import clean_line, clean_text
from feeds.entry import MAX_TITLE
from feeds.richtext import MAX_BODY, plain, sanitised, shortened

MOST_ITEMS = 50
MAX_GUID = 500  # characters
MAX_URL = 2_000


@dataclass(frozen=True, slots=True)
class Item:
    guid: str
    title: str
    body: str
    """Markdown."""
    url: str
    """Its page, or empty."""


def read_items(content: bytes, content_type: str, url: str) -> list[Item]:
    """In the order of the feed, at most ``MOST_ITEMS``, each guid once.

    Slow: for a process beside. Raises BadInput when it is no feed, or none that can be read.
    """
    try:
        return _read(content, content_type, url)
    except BadInput:
        raise
    except Exception as problem:  # the outer wall: strangers write them
        raise BadInput("it cannot be read") from problem


def _read(content: bytes, content_type: str, url: str) -> list[Item]:
    import feedparser

    read = feedparser.parse(
        BytesIO(content),  # anything else might be taken for the name of a file
        response_headers={"content-type": content_type, "content-location": url},
        sanitize_html=False,  # we do that, and faster
    )
    if not read.get("version") and not read.entries:
        raise BadInput("it is no RSS or Atom feed")
    items = [_item(one) for one in read.entries[:MOST_ITEMS]]
    return list({item.guid: item for item in items if item.title and item.guid}.values())


def _item(entry: Mapping[str, Any]) -> Item:
    html = sanitised(_html(entry))
    words = plain(html)
    title = clean_line(plain(sanitised(str(entry.get("title") or ""))))
    title = shortened(title or words, MAX_TITLE)
    link = str(entry.get("link") or "")
    fits = link.startswith(("https://", "http://")) and len(link) <= MAX_URL
    link = clean_text(link) if fits else ""
    guid = clean_line(str(entry.get("id") or link))
    if not guid or len(guid) > MAX_GUID:
        guid = sha256(f"{guid}\n{title}\n{words}".encode()).hexdigest()
    return Item(guid, title, _markdown(html) or title, link)


def _html(entry: Mapping[str, Any]) -> str:
    contents = entry.get("content") or []
    longest = max((str(one.get("value") or "") for one in contents), key=len, default="")
    return (longest or str(entry.get("summary") or ""))[: 10 * MAX_BODY]


def _markdown(html: str) -> str:
    from markdownify import markdownify

    try:
        text = markdownify(html, heading_style="ATX", bullets="-")
    except Exception:  # nested a thousand times, a list that starts at "²" …: the words are left
        text = plain(html)
    return clean_text(text).strip()[:MAX_BODY]
