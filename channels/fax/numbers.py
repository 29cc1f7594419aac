"""The caller's number, in whatever way a gateway writes it (ITU-T E.164)."""

import re
from collections.abc import Iterable

import phonenumbers

MAX_LENGTH = 40  # characters of what may be a number
_DIGITS = re.compile(r"\d")


def e164(given: str, country: str) -> str:
    """The number in E.164, or nothing when it is withheld, or none.

    ``country`` (ISO 3166-1, two letters) is whose national numbers are meant.
    """
    text = given.strip()[:MAX_LENGTH]
    digits = "".join(_DIGITS.findall(text))
    if not 6 <= len(digits) <= 18:
        return ""
    # Stations name themselves without the plus, and the international prefix may stand instead.
    for attempt in (text, f"+{digits}"):
        try:
            number = phonenumbers.parse(attempt, country)
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        # A plus of ours may make a number of a date, if something is left out, or put in.
        if attempt in (text, found):
            return found
    return ""


def first_number(given: Iterable[str], country: str) -> str:
    """The first that is a number, in E.164; or nothing."""
    return next((number for one in given if (number := e164(one, country))), "")
