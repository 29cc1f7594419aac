"""Languages: which one to speak, the catalogue of each, and dates and sizes as people write them.

Message ids are the English texts. A catalogue that was never compiled leaves them as they are.
"""

import gettext
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal
from babel.units import format_unit

from core.clock import Clock

LOCALES = ("fr", "en")
LOCALE_NAMES = {"fr": "Français", "en": "English"}
_REGIONS = {"en": "en_GB"}
"""Whose habits of writing dates a language follows here: a European town's."""
DOMAIN = "guichet"
CATALOGUES = Path(__file__).parent / "locale"
_BEFORE_SIGN = re.compile(r"[ \N{NARROW NO-BREAK SPACE}](?=[:;?!»])")
_SIZES = ((1_000_000_000, "gigabyte"), (1_000_000, "megabyte"), (1_000, "kilobyte"))


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it
    """Mark a text for the catalogue where it cannot be translated yet."""
    return message


def pick_locale(accept_language: str, chosen: str = "", *, default: str = "fr") -> str:
    """The language to speak: the one chosen, else the best of Accept-Language, else ``default``.

    Accept-Language is RFC 9110, section 12.5.4; what cannot be read in it is passed over.
    """
    if chosen in LOCALES:
        return chosen
    best, best_quality = default, 0.0
    for item in accept_language.split(","):
        tag, _, parameter = item.partition(";")
        locale = tag.strip().partition("-")[0].lower()
        quality = _quality(parameter)
        if locale in LOCALES and quality > best_quality:
            best, best_quality = locale, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip() == "q" else 0.0
    except ValueError:
        return 0.0


@lru_cache
def translations(locale: str) -> gettext.NullTranslations:
    """The catalogue of a language; one that gives back the ids where there is none."""
    return gettext.translation(DOMAIN, CATALOGUES, [locale], fallback=True)


def translator(locale: str) -> Callable[[str], str]:
    """``gettext`` for one language, for texts outside templates: ``_ = translator(locale)``."""
    return translations(locale).gettext


def labelled(label: str, value: str, locale: str) -> str:
    """``Age: 7``, in French with its space: ``Âge : 7``; behind a question no colon follows."""
    label = _typeset(label.strip(), locale)
    if label.endswith(("?", "!", ":")):
        return f"{label} {value}"
    colon = "\N{NO-BREAK SPACE}:" if locale == "fr" else ":"
    return f"{label}{colon} {value}"


def _typeset(text: str, locale: str) -> str:
    """Without the line break that a plain space before a sign would allow in French."""
    return _BEFORE_SIGN.sub("\N{NO-BREAK SPACE}", text) if locale == "fr" else text


@dataclass(frozen=True, slots=True)
class Formats:
    """How one language writes moments and amounts, in the town's time zone."""

    language: str
    zone: ZoneInfo
    clock: Clock

    @property
    def locale(self) -> str:
        return _REGIONS.get(self.language, self.language)

    def day(self, at: datetime) -> str:
        """``12 mars 2026``"""
        return format_date(self._local(at), "long", locale=self.locale)

    def month_day(self, day: date) -> str:
        """``12 mars``, with the year when it is not this one."""
        this_year = self._local(self.clock()).year == day.year
        return format_date(day, "d MMMM" if this_year else "long", locale=self.locale)

    def weekday(self, at: datetime) -> str:
        """``jeudi 12 mars 2026``"""
        return format_date(self._local(at), "full", locale=self.locale)

    def moment(self, at: datetime) -> str:
        """``12 mars 2026 à 14:05``"""
        local = self._local(at)
        pattern = "{} à {}" if self.language == "fr" else "{}, {}"
        return pattern.format(self.day(at), format_time(local, "short", locale=self.locale))

    def ago(self, at: datetime) -> str:
        """``il y a 5 minutes``, ``dans 2 jours``"""
        return format_timedelta(at - self.clock(), add_direction=True, locale=self.locale)

    def brief(self, at: datetime) -> str:
        """For lists: the hour of today, the day of this year, or the whole date."""
        local, today = self._local(at), self._local(self.clock())
        if local.date() == today.date():
            return format_time(local, "short", locale=self.locale)
        if local.year == today.year:
            return format_datetime(local, "d MMM", locale=self.locale)
        return format_date(local, "short", locale=self.locale)

    def days_left(self, at: datetime) -> int:
        """Calendar days until ``at`` as the town counts them; negative when it is past."""
        return (self._local(at).date() - self._local(self.clock()).date()) // timedelta(days=1)

    def length(self, seconds: int) -> str:
        """``2 min 10 s``"""
        minutes, rest = divmod(seconds, 60)
        parts = [format_unit(minutes, "minute", "short", locale=self.locale)] if minutes else []
        if rest or not minutes:
            parts.append(format_unit(rest, "second", "short", locale=self.locale))
        return " ".join(parts)

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self.locale)

    def size(self, count: int) -> str:
        """Bytes: ``1,2 Mo``"""
        for size, unit in _SIZES:
            if count >= size:
                value = round(count / size, 1 if count < 10 * size else 0)
                return format_unit(value, unit, "short", locale=self.locale)
        return format_unit(count, "byte", "short", locale=self.locale)

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)
