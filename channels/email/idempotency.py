"""The key of a mail: the same when a server that did not hear our yes sends it again."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from channels.email.parsing import MAX_HEADERS

_END_OF_HEADERS = re.compile(rb"\n\r?\n|\r\r")
_OF_ITS_OWN = re.compile(
    rb"(?:\A|[\r\n])(?:date|message-id)[ \t]*:(?:[ \t]|\r?\n[ \t])*[^\s]", re.IGNORECASE
)


def key_of(raw: bytes, recipients: Sequence[str], *, mail_from: str, received_at: datetime) -> str:
    """The SHA-256 of mail and recipients: a server sends the same bytes again.

    Devices and scripts write neither Date nor Message-ID, so that next week's alarm is the same
    bytes too. The day of such a mail (in UTC) and its sender count as well: sent again the same
    day it is one arrival, and the next day it is another.
    """
    digest = hashlib.sha256(raw)
    digest.update("\0".join(sorted(recipients)).encode())
    if not _is_one_of_a_kind(raw):
        day = received_at.astimezone(UTC).date().isoformat()
        digest.update(f"\0\0{day}\0{mail_from}".encode())
    return digest.hexdigest()


def _is_one_of_a_kind(raw: bytes) -> bool:
    """Whether it has a Date or a Message-ID, as far as its header section is read at all."""
    head = raw[:MAX_HEADERS]
    end = _END_OF_HEADERS.search(head)
    return _OF_ITS_OWN.search(head, 0, end.start() if end else len(head)) is not None
