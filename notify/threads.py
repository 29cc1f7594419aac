"""The headers that let a mail program show a conversation as one (RFC 5322, section 3.6.4)."""

import re
from collections.abc import Iterable

_IDENTIFIER = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
MAX_REFERENCES = 20


def threading_headers(conversation: Iterable[str]) -> dict[str, str]:
    """In-Reply-To and References for an answer; ``conversation`` is the Message-IDs, oldest first.

    What is not an identifier is passed over. A long conversation keeps its first message, by which
    programs find the thread, and the last ones.
    """
    known = list(dict.fromkeys(name for name in conversation if _IDENTIFIER.fullmatch(name)))
    if not known:
        return {}
    if len(known) > MAX_REFERENCES:
        known = [known[0], *known[1 - MAX_REFERENCES :]]
    return {"In-Reply-To": known[-1], "References": " ".join(known)}
