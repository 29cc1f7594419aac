"""The town's theme, from its settings; what stands on the town's own site is fetched again."""

import asyncio
from pathlib import Path

import structlog

from core.answers import content_of
from core.errors import Refused
from core.settings import Settings
from core.web.theme import Theme, sanitized, stylesheet_of

EVERY = 3600.0  # seconds between fetches
SOONER = 60.0  # seconds after one that failed
PATIENCE = 10.0  # seconds
MOST = 512 * 1024  # bytes

log = structlog.get_logger()


def theme_of(settings: Settings) -> Theme:
    """With the files; what is to be fetched is empty until :class:`ThemeFetching` has run. Raises
    Refused when a file cannot be read."""
    theme = Theme(stylesheet=stylesheet_of(settings.theme_colour))
    try:
        if settings.theme_logo is not None:
            theme.logo = settings.theme_logo.read_bytes()
            is_svg = settings.theme_logo.suffix.lower() == ".svg"
            theme.logo_type = "image/svg+xml" if is_svg else "image/png"
        for place, source in _sources(settings).items():
            if not _is_far(source):
                setattr(theme, place, sanitized(Path(source).read_text("utf-8"), ""))
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(f"GUICHET_THEME_…: {problem}") from problem
    return theme


class ThemeFetching:
    """Keeps the header and the footer as they are on the town's site; the last that came stays."""

    def __init__(self, settings: Settings, theme: Theme) -> None:
        far = {place: one for place, one in _sources(settings).items() if _is_far(one)}
        self._sources = far
        self._theme = theme

    async def run(self) -> None:
        """Work until cancelled."""
        if not self._sources:
            return
        while True:
            complete = await self.fetch()
            await asyncio.sleep(EVERY if complete else SOONER)

    async def fetch(self) -> bool:
        """Whether all came."""
        # Imported here: most towns fetch nothing.
        from aiohttp import ClientSession, ClientTimeout

        complete = True
        async with ClientSession(timeout=ClientTimeout(total=PATIENCE)) as http:
            for place, url in self._sources.items():
                try:
                    async with http.get(url) as answer:
                        answer.raise_for_status()
                        content = (await content_of(answer, MOST)).decode("utf-8", "replace")
                        # Links lead on from where it was in the end.
                        part = sanitized(content, str(answer.url))
                    setattr(self._theme, place, part)
                except Exception as problem:  # the outer wall: whatever stands there
                    log.warning("theme.not_fetched", url=url, error=repr(problem))
                    complete = False
        return complete


def _sources(settings: Settings) -> dict[str, str]:
    both = {"header": settings.theme_header, "footer": settings.theme_footer}
    return {place: source for place, source in both.items() if source}


def _is_far(source: str) -> bool:
    return source.startswith(("http://", "https://"))
