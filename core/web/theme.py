"""How a town's own site looks, on the pages of its citizens: colours, logo, and what stands above
and below."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from core.colours import colour_of, palette

PREFIX = "/theme"
_TAGS = frozenset({
    "a", "abbr", "address", "b", "br", "div", "em", "h2", "h3", "h4", "hr", "i",
    "li", "nav", "ol", "p", "section", "small", "span", "strong", "ul",
})  # fmt: skip
_SILENT = frozenset({"script", "style", "template", "noscript", "head", "title", "iframe", "svg"})
_ATTRIBUTES = {"a": {"href", "hreflang", "lang", "title"}, "nav": {"aria-label"}, "*": {"lang"}}


@dataclass
class Theme:
    """``header`` and ``footer`` are HTML that :func:`sanitized` has made harmless; they may be
    fetched anew while the town runs."""

    stylesheet: str = ""
    """CSS; empty for our own colours."""
    logo: bytes = b""
    logo_type: str = ""
    header: str = ""
    footer: str = ""

    @property
    def stylesheet_url(self) -> str:
        return f"{PREFIX}/{_digest(self.stylesheet.encode())}.css" if self.stylesheet else ""

    @property
    def logo_url(self) -> str:
        return f"{PREFIX}/{_digest(self.logo)}.logo" if self.logo else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """An ASGI app to mount at ``/theme``; its addresses change with what they give."""
        await self._answer(Request(scope).url.path)(scope, receive, send)

    def _answer(self, path: str) -> Response:
        for_ever = {"Cache-Control": "public, max-age=31536000, immutable"}
        if path == self.stylesheet_url:
            return Response(self.stylesheet, media_type="text/css", headers=for_ever)
        if path == self.logo_url:
            # A logo in SVG may carry a script: it is a picture here, and nothing else.
            silent = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
            return Response(self.logo, media_type=self.logo_type, headers=for_ever | silent)
        return PlainTextResponse("no such file\n", status_code=404)


def stylesheet_of(colour: str) -> str:
    """Of ``#0b5563``, or nothing."""
    if not colour:
        return ""
    day, dark = (
        "".join(f"--{name}:{one};" for name, one in colours.items())
        for colours in palette(colour_of(colour))
    )
    return f":root{{{day}}}@media(prefers-color-scheme:dark){{:root{{{dark}}}}}"


def sanitized(html: str, base: str) -> str:
    """Only words and links of what a page of the town's site says; ``base`` is where it stands, so
    that its links lead there from here, too."""
    cleaner = _cleaner(base)
    return str(cleaner.clean(html)).strip()


@lru_cache(8)
def _cleaner(base: str) -> Any:
    import nh3

    return nh3.Cleaner(
        tags=set(_TAGS),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        clean_content_tags=set(_SILENT),
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative=("rewrite_with_base", base) if base else "pass_through",
        link_rel="noopener",
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]
