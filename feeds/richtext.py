"""Rich text: Markdown as agents write it, and HTML that is safe to be shown.

CommonMark (https://spec.commonmark.org/) with tables and strike-through; no raw HTML and no
pictures, which would be fetched from elsewhere. What comes out is sanitised again, so that a fault
of the one is caught by the other.
"""

import re
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

MAX_BODY = 20_000  # characters: some hostile Markdown takes quadratic time
MAX_SUMMARY = 240  # characters of a summary that we make ourselves

_INLINE = {"br", "strong", "em", "b", "i", "s", "a", "code"}
_BLOCKS = {"p", "hr", "ul", "ol", "li", "blockquote", "pre", "h2", "h3", "h4"}
_TABLES = {"table", "thead", "tbody", "tr", "th", "td"}
TAGS = frozenset(_INLINE | _BLOCKS | _TABLES)
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_BREAKS = re.compile(r"</(?:p|li|h[2-4]|t[dhr]|pre|blockquote)>|<[bh]r>")
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
_markdown.enable(["table", "strikethrough"]).disable("image")


def rendered(markdown: str) -> str:
    """HTML of what an agent wrote; headings begin below the page's own.

    Only its first ``MAX_BODY`` characters count.
    """
    tokens = _markdown.parse(markdown[:MAX_BODY])
    for token in tokens:
        _lower(token)
    return sanitised(_markdown.renderer.render(tokens, _markdown.options, {}))


def sanitised(html: str) -> str:
    """HTML of anybody's without anything that acts, loads or looks by itself."""
    cleaner = nh3.clean(
        html,
        tags=set(TAGS),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
    )
    return cleaner.strip()


def plain(html: str) -> str:
    """The words of sanitised HTML in one line."""
    spaced = _BREAKS.sub(" ", html)
    return " ".join(unescape(nh3.clean(spaced, tags=set())).split())


def shortened(text: str, most: int = MAX_SUMMARY) -> str:
    """Its beginning, cut between two words."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut.rsplit(" ", 1)[0] or cut).rstrip(" ,;:.") + "…"


def _lower(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, 4)}"
