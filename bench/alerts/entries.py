"""What is published, and what a mail or an SMS tells of."""

from dataclasses import dataclass
from email.header import decode_header, make_header
from functools import lru_cache

from bench.sending.ready import BODY, SMS, TITLE

DIGEST = "digest"
_BEGINS = "Nouvelles"  # the subject of a digest


@dataclass(frozen=True, slots=True)
class Entry:
    title: str
    body: str
    sms: str
    """The title stands in it."""
    urgent: bool = False


def _warning(when: str) -> Entry:
    title = f"Alerte {when}"
    return Entry(
        title,
        f"{title} : ne buvez pas l’eau du robinet jusqu’à nouvel ordre.",
        f"{title} : ne buvez pas l'eau du robinet.",
        urgent=True,
    )


NEWS = Entry(TITLE, BODY, SMS)
WHILE_ADDRESSING = _warning("eau du matin")
WHILE_SENDING = _warning("eau du soir")
_ENTRIES = (NEWS, WHILE_ADDRESSING, WHILE_SENDING)


@lru_cache
def told_of(words: str) -> str:
    """The title of the entry of which a mail's subject or an SMS tells, or :data:`DIGEST`; the
    words themselves when it is something else."""
    words = str(make_header(decode_header(words)))
    if words.startswith(_BEGINS):
        return DIGEST
    return next((entry.title for entry in _ENTRIES if entry.title in words), words)
