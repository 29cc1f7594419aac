"""Whether a feed is one by its specification. There is no validator of feeds that works without
the net: the W3C's is a service, and what npm and PyPI have asks it."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from lxml import etree

_ATOM = Path(__file__).parent / "atom.rng"
_ATOM_LINK = "{http://www.w3.org/2005/Atom}link"
_URL = {"type": "string", "format": "uri", "pattern": "^(https?://|urn:)"}
_AUTHORS = {
    "type": "array",
    "items": {"type": "object", "minProperties": 1, "properties": {"url": _URL, "avatar": _URL}},
}
# https://www.jsonfeed.org/version/1.1/
_JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string"},
        "home_page_url": _URL,
        "feed_url": _URL,
        "description": {"type": "string"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"},
        "authors": _AUTHORS,
        "hubs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["type", "url"],
                "properties": {"type": {"type": "string"}, "url": _URL},
            },
        },
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": _URL,
                    "external_url": _URL,
                    "title": {"type": "string"},
                    "content_html": {"type": "string"},
                    "summary": {"type": "string"},
                    "image": _URL,
                    "date_published": {"type": "string", "format": "date-time"},
                    "date_modified": {"type": "string", "format": "date-time"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "language": {"type": "string"},
                    "authors": _AUTHORS,
                    "attachments": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["url", "mime_type"],
                            "properties": {
                                "url": _URL,
                                "mime_type": {"type": "string"},
                                "size_in_bytes": {"type": "integer", "minimum": 0},
                            },
                        },
                    },
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}


def check_atom(content: bytes) -> None:
    """By the grammar of RFC 4287, and what that cannot say."""
    tree = etree.fromstring(content)
    grammar = etree.RelaxNG(etree.parse(_ATOM))
    assert grammar.validate(tree), grammar.error_log
    names = {"a": "http://www.w3.org/2005/Atom"}
    ids = tree.xpath("a:entry/a:id/text()", namespaces=names)
    assert len(ids) == len(set(ids))
    assert len(tree.xpath("a:link[@rel='self']", namespaces=names)) == 1
    newest = max(tree.xpath("a:entry/a:updated/text()", namespaces=names), default="")
    assert tree.findtext("a:updated", namespaces=names) >= newest


def check_rss(content: bytes) -> None:
    """By the rules of https://www.rssboard.org/rss-specification and its best practices."""
    root = etree.fromstring(content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    for required in ("title", "link", "description"):
        assert channel.findtext(required)
    assert parsedate_to_datetime(channel.findtext("lastBuildDate")).tzinfo
    assert [link.get("rel") for link in channel.iter(_ATOM_LINK)].count("self") == 1
    guids = []
    for item in channel.iter("item"):
        assert item.findtext("title") or item.findtext("description")
        assert re.match("https?://", item.findtext("link"))
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo
        guid = item.find("guid")
        guids.append(guid.text)
        assert guid.get("isPermaLink") == "false" or guid.text.startswith("http")
        for enclosure in item.iter("enclosure"):
            assert int(enclosure.get("length")) > 0
            assert re.fullmatch(".+/.+", enclosure.get("type"))
            assert re.match("https?://", enclosure.get("url"))
    assert len(guids) == len(set(guids))


def check_json(feed: Any) -> None:
    validator = Draft202012Validator(_JSON_FEED, format_checker=FormatChecker())
    assert not [error.message for error in validator.iter_errors(feed)]
    ids = [item["id"] for item in feed["items"]]
    assert len(ids) == len(set(ids))
