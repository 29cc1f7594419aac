"""Enhanced status codes of mail (RFC 3463): whose fault it is that a mail did not go through."""

import re

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
NO_SUCH_MAILBOX = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""The address itself is wrong: no further mail will ever get there. 5.1.7 and 5.1.8 are about the
sender's."""


def enhanced_code(text: str) -> str:
    """The first code in what a server said, like ``5.1.1``; empty when there is none."""
    found = _CODE.search(text)
    return found[0] if found else ""


def is_hard(code: str) -> bool:
    """Whether it says that there is no such mailbox."""
    return code in NO_SUCH_MAILBOX


def is_policy(code: str) -> bool:
    """Whether the server will not carry it for reasons of its own (5.7.x)."""
    return code.startswith("5.7.")
