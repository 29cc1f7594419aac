"""Who calls: a number in E.164, or nobody that shows it."""

from core.contacts import is_e164

_WITHHELD = frozenset({"+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253"})
"""What Twilio writes for them: "ANONYMOUS", "RESTRICTED", "BLOCKED", "UNKNOWN" and
"UNAVAILABLE" on a keypad (https://help.twilio.com/articles/223179988)."""


def caller_number(given: str) -> str:
    """The number in E.164; empty when it is withheld, or none."""
    given = given.strip()
    return given if is_e164(given) and given not in _WITHHELD else ""
