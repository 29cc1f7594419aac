"""What other sites are told of the procedures. Pure.

Everybody is told the same: what a citizen may use depends on who they are, and they learn it here.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from cases.procedures import Published, Surroundings, leave_for, say
from channels.web.procedures.catalogue import folded, matches
from core.i18n import LOCALES

RATIO = (480, 320)  # pixels that a site without an opinion may give us


def catalogue_of(
    published: Sequence[Published],
    around: Surroundings,
    locale: str,
    portal_url: str,
    town: str,
    colour: str,
    *,
    query: str = "",
    category: str = "",
) -> dict[str, Any]:
    """``town``, ``language``, ``url``, ``colour`` (may be empty) and ``procedures``; these in the
    order of their titles."""
    chosen = [
        one.definition
        for one in published
        if matches(one.definition, query) and category in ("", one.definition.category.code)
    ]
    return {
        "town": town,
        "language": locale,
        "url": f"{portal_url}/procedures",
        "colour": colour,
        "procedures": [
            {
                "slug": one.slug,
                "title": one.called(locale),
                "summary": say(one.summary, locale),
                "category": {
                    "code": one.category.code,
                    "label": say(one.category.label, locale),
                },
                "minutes": one.minutes,
                "anonymous": one.anonymous,
                "open": leave_for(one, around, locale).answer != "closed",
                "url": f"{portal_url}/procedures/{one.slug}?lang={locale}",
            }
            for one in sorted(chosen, key=lambda one: folded(one.called(locale)))
        ],
    }


def slug_in(url: str, portal_url: str) -> str | None:
    """Of an address of ours: a procedure's, nothing for the catalogue's; None for any other."""
    ours = urlsplit(portal_url)
    try:
        asked = urlsplit(url)
    except ValueError:  # half an IPv6 address, for one
        return None
    below = asked.path.removeprefix(ours.path).strip("/").split("/")
    if asked.netloc != ours.netloc or below[0] != "procedures" or len(below) > 2:
        return None
    return below[1] if len(below) == 2 else ""


def oembed_of(
    title: str, slug: str, locale: str, portal_url: str, town: str, limits: Mapping[str, int]
) -> dict[str, Any]:
    """A ``rich`` answer (https://oembed.com): the script and the element that it fills."""
    about = f' slug="{html.escape(slug)}"' if slug else ""
    language = f' lang="{locale}"' if locale in LOCALES else ""
    return {
        "version": "1.0",
        "type": "rich",
        "title": title,
        "provider_name": town,
        "provider_url": portal_url,
        "cache_age": 3600,
        "width": min(RATIO[0], limits.get("maxwidth", RATIO[0])),
        "height": min(RATIO[1], limits.get("maxheight", RATIO[1])),
        "html": (
            f'<script src="{html.escape(portal_url)}/embed.js" async></script>'
            f"<guichet-procedures{about}{language}></guichet-procedures>"
        ),
    }
