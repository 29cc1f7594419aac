"""Which passwords are good enough (NIST SP 800-63B, section 3.1.1.2): long, and not guessed soon.

No character classes are asked for. What is guessed soon is told by ``zxcvbn``
(https://github.com/dwolfhub/zxcvbn-python), which knows the 30,000 commonest passwords, names,
dates and rows of keys; what was found in breaches by a file of the town's, where it has one.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

MIN_PASSWORD = 12  # characters
MAX_PASSWORD = 1_000  # characters
ENOUGH = 8  # decimal digits of the number of guesses
SEEN = 72  # characters that zxcvbn looks at: its time grows faster than they do
SHA1 = 40  # characters
_PARTS = re.compile(r"[\W_]+")


class Weakness(StrEnum):
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    GUESSED = "guessed"
    """A common one, or one that follows from what others know."""
    BREACHED = "breached"


def weakness_of(
    password: str, about: Sequence[str] = (), breached: Path | None = None
) -> Weakness | None:
    """What is wrong with a new password; None when nothing is. Slow: call it in a thread.

    Parameters
    ----------
    about
        What others know of its owner: address, name.
    breached
        A file as ``GUICHET_BREACHED_PASSWORDS`` names it.
    """
    if len(password) < MIN_PASSWORD:
        return Weakness.TOO_SHORT
    if len(password) > MAX_PASSWORD:
        return Weakness.TOO_LONG
    from zxcvbn import zxcvbn

    words = [word for one in about for word in (one, *_PARTS.split(one)) if word]
    if zxcvbn(password[:SEEN], user_inputs=words)["guesses_log10"] < ENOUGH:
        return Weakness.GUESSED
    if breached is not None and is_breached(breached, password):
        return Weakness.BREACHED
    return None


def is_breached(path: Path, password: str) -> bool:
    """Whether the file has it: a search by halves among lines that are in order."""
    wanted = hashlib.sha1(password.encode("utf-8", "replace"), usedforsecurity=False)
    name = wanted.hexdigest().upper().encode()
    with path.open("rb") as file:
        low, high = 0, file.seek(0, os.SEEK_END)
        while low < high:
            middle = (low + high) // 2
            file.seek(middle)
            if middle:
                file.readline()  # the rest of the line before
            found = file.readline()[:SHA1]
            if found == name:
                return True
            if found and found < name:
                low = middle + 1
            else:
                high = middle
        file.seek(0)  # no search by halves comes to the first line
        return file.readline()[:SHA1] == name
