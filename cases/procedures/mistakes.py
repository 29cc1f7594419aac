"""What is wrong with what was filled in, in words that are translated where they are read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any

from babel.dates import format_date

from cases.procedures.texts import say
from core.i18n import N_

Translate = Callable[[str], str]
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Mistake:
    control: str
    """The field's name; of a part of it with that (``home-street``, ``children-0-born``)."""
    message: str = ""
    """A message id, with places for ``amounts``."""
    amounts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    own: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """Instead: the author's words by language."""

    def say(self, locale: str, translate: Translate) -> str:
        if self.own:
            return say(self.own, locale)
        return translate(self.message) % {
            name: _shown(amount, locale) for name, amount in self.amounts.items()
        }


def _shown(amount: Any, locale: str) -> Any:
    if not isinstance(amount, date):
        return amount
    return format_date(amount, "long", locale="en_GB" if locale == "en" else locale)


MISSING = N_("Fill in this field.")
CHOOSE = N_("Choose an answer.")
NOT_OFFERED = N_("Choose one of the answers that are offered.")
TICK = N_("Tick this box to go on.")
TOO_LONG = N_("This is too long: %(most)d characters at most.")
TOO_SHORT = N_("This is too short: %(least)d characters at least.")
NOT_EMAIL = N_("This is not an e-mail address. One looks like camille@example.org.")
NOT_PHONE = N_("This is not a telephone number. Outside the country, begin with + and its code.")
NOT_DATE = N_("This is not a date. Give the day, the month and the year.")
TOO_EARLY = N_("The date is too early: %(least)s at the earliest.")
TOO_LATE = N_("The date is too late: %(most)s at the latest.")
NOT_NUMBER = N_("This is not a number.")
NOT_WHOLE = N_("Give a whole number.")
TOO_PRECISE = N_("Give at most %(most)d digits behind the decimal point.")
TOO_SMALL = N_("The number is too small: %(least)s at least.")
TOO_BIG = N_("The number is too big: %(most)s at most.")
NO_STREET = N_("Give the number and the street.")
NO_POSTCODE = N_("Give the postcode.")
NO_CITY = N_("Give the town.")
NO_PLACE = N_("Say where it is: write the address, or give the position.")
NOT_PLACE = N_("The position is not complete: latitude from -90 to 90, longitude from -180 to 180.")
TOO_FEW_ROWS = N_("Lines to fill in: at least %(least)d.")
TOO_MANY_ROWS = N_("Lines to fill in: at most %(most)d.")
NO_FILE = N_("Add a file.")
TOO_MANY_FILES = N_("Too many files: %(most)d at most.")
