"""From a view model to a page: Jinja2 templates, one environment a language."""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import (
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from starlette.requests import Request
from starlette.responses import HTMLResponse

from core.clock import Clock
from core.compiled import compiled
from core.i18n import LOCALE_NAMES, LOCALES, Formats, translations
from core.web.csrf import FIELD, Csrf
from core.web.headers import add_security_headers
from core.web.labels import label
from core.web.middleware import LANGUAGE_PARAMETER
from core.web.static import StaticFiles
from core.web.theme import Theme

GZIP_FROM = 1_000  # bytes; less does not pay
GZIP_LEVEL = 5  # of 9: the higher ones take twice the time for a hundredth of the size
TEMPLATES = Path(__file__).parent / "templates"
HTMX_CONFIG = json.dumps(
    {
        "allowEval": False,
        "allowScriptTags": False,
        "includeIndicatorStyles": False,
        "selfRequestsOnly": True,
        "historyCacheSize": 0,  # no citizen's words in the browser's local storage
        "refreshOnHistoryMiss": True,
        "scrollIntoViewOnBoost": False,
        # An error is a page of ours too: show it.
        "responseHandling": [{"code": "204", "swap": False}, {"code": "...", "swap": True}],
    }
)


class Pages:
    """Renders the templates of every room.

    Parameters
    ----------
    templates
        The folders of the rooms by their prefix: ``{"portal": …, "desk": …}``; ``core`` is there.
    town
        The name that every page carries.
    theme
        How citizens' pages look; our own way when it is not given.
    """

    def __init__(
        self,
        templates: Mapping[str, Path],
        *,
        csrf: Csrf,
        static: StaticFiles,
        clock: Clock,
        town: str,
        time_zone: str = "Europe/Paris",
        language: str = "fr",
        https_only: bool = False,
        theme: Theme | None = None,
    ) -> None:
        self.csrf = csrf
        self.static = static
        self._language = language
        self._https_only = https_only
        folders = {"core": TEMPLATES, **templates}
        loader = PrefixLoader({name: FileSystemLoader(path) for name, path in folders.items()})
        zone = ZoneInfo(time_zone)
        self._environments = {
            locale: _environment(
                loader, Formats(locale, zone, clock), static, town, theme or Theme()
            )
            for locale in LOCALES
        }

    def render(
        self,
        request: Request,
        template: str,
        view: object = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """The page ``template`` (``portal/contact.html``) showing ``view``, in the reader's tongue.

        Pages speak of people, so no cache keeps them unless ``headers`` says otherwise.
        """
        locale = self.locale_of(request)
        html = (
            self._environments[locale]
            .get_template(template)
            .render(
                view=view,
                csrf_token=cache(lambda: self.csrf.token(request)),  # one for all forms of it
                path=request.url.path,
                language_url=lambda other: _language_url(request, other),
            )
        )
        response = HTMLResponse(
            html,
            status_code=status,
            headers={"Cache-Control": "no-store", "Content-Language": locale, **(headers or {})},
        )
        _compress(request, response)
        self.csrf.set_cookie(request, response)
        add_security_headers(response.headers, https_only=self._https_only)
        return response

    def locale_of(self, request: Request) -> str:
        """The language of an answer; the town's own where the middleware did not decide."""
        locale: str = getattr(request.state, "locale", self._language)
        return locale


def _compress(request: Request, response: HTMLResponse) -> None:
    """With gzip, for browsers that take it: a page is a third of its size then.

    Its secrets are safe from who counts bytes (BREACH): cookies are ``SameSite``, so that no other
    site can have a page of its visitor's fetched again and again.
    """
    response.headers["Vary"] = "Accept-Encoding"
    body = bytes(response.body)
    if len(body) < GZIP_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return
    response.body = gzip.compress(body, GZIP_LEVEL, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))


def _environment(
    loader: PrefixLoader, formats: Formats, static: StaticFiles, town: str, theme: Theme
) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=select_autoescape(["html"], default_for_string=True),
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        bytecode_cache=compiled(formats.language),
        auto_reload=False,  # which would ask the disk for every template of every page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = translations(formats.language)
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(
        town=town,
        theme=theme,
        locale=formats.language,
        locales=LOCALE_NAMES,
        formats=formats,
        static=static.url,
        csrf_field=FIELD,
        htmx_config=HTMX_CONFIG,
    )
    environment.filters.update(
        day=formats.day,
        weekday=formats.weekday,
        moment=formats.moment,
        ago=formats.ago,
        brief=formats.brief,
        days_left=formats.days_left,
        is_past=lambda at: at < formats.clock(),
        length_of=formats.length,
        number=formats.number,
        size=formats.size,
        iso=_iso,
        initials=_initials,
        label=lambda code, kind: _translated(catalogue.gettext, label(code, kind)),
    )
    return environment


def _translated(translate: Any, message: str) -> str:
    # gettext answers an empty id with the catalogue's own header.
    return str(translate(message)) if message else ""


def _language_url(request: Request, locale: str) -> str:
    url = request.url.include_query_params(**{LANGUAGE_PARAMETER: locale})
    # A path that begins with two slashes would name another host.
    return f"/{url.path.lstrip('/')}?{url.query}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def _initials(name: str) -> str:
    """Two letters for a person: ``Amélie Roux`` is AR, ``roux@example.org`` is R."""
    words = [word for word in name.partition("@")[0].replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return "".join(word[0] for word in dict.fromkeys((words[0], words[-1]))).upper()
