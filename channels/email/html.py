"""HTML of strangers: sanitised for the page, and read as text.

Only what structures a text is kept: no style, no script, no form, no remote image (it would tell
the sender when an agent reads). Links open without telling where from.
"""

import re
from functools import cache
from html import escape, unescape

MAX_HTML = 2 * 1024 * 1024  # characters
MAX_TAGS = 50_000
MAX_DEPTH_HINT = 2_000  # opening tags more than closing ones

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
    "dd", "del", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
    "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt",
    "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_SILENT = {"script", "style", "title", "head", "noscript", "template", "iframe", "object", "svg"}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLANKS = re.compile(r"\n{3,}")
_CID = re.compile(r'src="cid:([^"]{1,300})"')


def sanitised(html: str) -> str | None:
    """HTML that is safe on our pages, or None when it is too much to look at."""
    if len(html) > MAX_HTML or html.count("<") > MAX_TAGS or _depth_hint(html) > MAX_DEPTH_HINT:
        return None
    return str(_cleaner().clean(html)).strip()


def text_of(html: str) -> str:
    """The words of (sanitised) HTML, laid out in lines."""
    if "<" not in html:
        return unescape(html).strip()
    from inscriptis import get_text
    from inscriptis.css_profiles import CSS_PROFILES
    from inscriptis.model.config import ParserConfig

    # The other profile sets every block a little further in, as if it were code.
    plain = ParserConfig(css=CSS_PROFILES["strict"])
    try:
        text = get_text(f"<div>{html}</div>", plain)
    except (RecursionError, ValueError):  # lxml takes no control characters
        return bare_text(html)
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANKS.sub("\n\n", "\n".join(lines)).strip()


def bare_text(html: str) -> str:
    """The words of HTML that is too much for anything better."""
    return unescape(_ANY_TAG.sub(" ", html[:MAX_HTML])).strip()


def html_of(text: str) -> str:
    """Plain text as HTML, where a mail mixes the two."""
    return f"<div>{escape(text, quote=False)}</div>".replace("\n", "<br>\n")


def shown_images(html: str) -> set[str]:
    """The Content-IDs that (sanitised) HTML shows."""
    from urllib.parse import unquote

    return {unquote(unescape(cid)) for cid in _CID.findall(html)}


def _depth_hint(html: str) -> int:
    """How deep the tree can be at most, but for tags that need no end."""
    light = html.count("<br") + html.count("<BR") + html.count("<img") + html.count("<p")
    return html.count("<") - 2 * html.count("</") - light


@cache
def _cleaner():  # type: ignore[no-untyped-def]
    import nh3

    return nh3.Cleaner(
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags=_SILENT,
        attribute_filter=_only_inner_images,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def _only_inner_images(tag: str, attribute: str, value: str) -> str | None:
    """Images by ``cid:`` alone, and nothing else by it."""
    inner = value.strip().lower().startswith("cid:")
    if attribute == "src":
        return value.strip() if inner else None
    return None if attribute == "href" and inner else value
