"""Numbers as exchanges write them: of a citizen (ITU-T E.164), of a desk, or withheld."""

import re

from channels.fax.numbers import e164

MAX_LENGTH = 32  # characters
_SHORT = re.compile(r"[0-9A-Za-z*#._-]{1,32}")
_WITHHELD = frozenset(
    {"anonymous", "unknown", "private", "restricted", "unavailable", "withheld", "<unknown>", "s"}
)
"""What exchanges write instead of a number that its owner does not show."""


def call_number(given: str, country: str) -> str:
    """E.164 where it is one, the exchange's own short number otherwise; empty when withheld.

    ``country`` (ISO 3166-1, two letters) is whose national numbers are meant. What is neither (a
    name, a SIP address) counts as withheld: it is nothing that can be called.
    """
    text = given.strip().removeprefix("sip:").removeprefix("tel:").partition("@")[0]
    if text.lower() in _WITHHELD:
        return ""
    found = e164(text, country)
    if found:
        return found
    plain = re.sub(r"[\s()/]", "", text)
    return plain if _SHORT.fullmatch(plain) and any(one.isdigit() for one in plain) else ""
