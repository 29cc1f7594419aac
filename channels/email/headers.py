"""Header fields as values, read leniently (RFC 5322, RFC 2047).

The parser behind ``email.policy.default`` raises on some malformed fields and takes quadratic time
on others, so the fields are kept as they came (see ``parsing``) and read here, each with a bound.
"""

import binascii
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.message import Message as Mail
from email.utils import getaddresses, parsedate_to_datetime

from channels.email.charsets import decode
from channels.email.parsing import MAX_CONTENT_FIELD, MAX_FIELD
from core.text import clean_line

MAX_FIELDS = 500  # of one mail; what follows is not looked at
MAX_ADDRESS_FIELD = 4 * 1024  # characters
MAX_REFERENCES = 50
MAX_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1)

_WORD = re.compile(r"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,60})?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,120}\?[bBqQ]\?)")
_ONE_ADDRESS = re.compile(
    r'\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>@,;:()\\]*))\s*'
    r"<\s*(?P<angled>[^<>@\s,;\"()]+@[^<>@\s,;\"()]+)\s*>\s*"
    r"|\s*(?P<bare>[^<>@\s,;:\"()]+@[^<>@\s,;:\"()]+)\s*"
)
_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]]{1,64}@[^\s<>@,;:\"()]{1,255}")
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,995}>")
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2})(?![A-Za-z])")


class Headers:
    """The fields of a mail by their lower-case names, in order."""

    def __init__(self, mail: Mail) -> None:
        self._fields: dict[str, list[str]] = {}
        self.notes: list[str] = []
        for number, (name, value) in enumerate(mail.items()):
            if number >= MAX_FIELDS:
                self.notes.append(f"more than {MAX_FIELDS} header fields, the rest was not read")
                break
            lower = name.lower()
            if len(value) > (MAX_CONTENT_FIELD if lower.startswith("content-") else MAX_FIELD):
                self.notes.append(f"header {clean_line(name)[:40]} is too long and was cut")
            self._fields.setdefault(lower, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def all(self, name: str) -> list[str]:
        return self._fields.get(name, [])

    def first(self, name: str) -> str:
        """The first field of this (lower-case) name, raw; empty when there is none."""
        values = self._fields.get(name)
        return values[0] if values else ""

    def words(self, name: str) -> str:
        """The first field of this name, decoded and on one line."""
        return clean_line(decoded(self.first(name)))


def decoded(value: str) -> str:
    """A field with its encoded words (RFC 2047) and its raw 8-bit characters as text."""
    if not value.isascii():
        value = decode(value.encode("utf-8", "surrogateescape"), "")[0]
    if "=?" not in value:
        return value
    pieces: list[str | tuple[str, bytes]] = []
    position = 0
    value = _BETWEEN_WORDS.sub(r"\1", value)
    for word in _WORD.finditer(value):
        if word.start() > position:
            pieces.append(value[position : word.start()])
        position = word.end()
        charset, content = word[1].lower(), _word_bytes(word[2], word[3])
        last = pieces[-1] if pieces else ""
        # Many programs cut a character in two words: the bytes are joined before decoding.
        if isinstance(last, tuple) and last[0] == charset:
            pieces[-1] = (charset, last[1] + content)
        else:
            pieces.append((charset, content))
    pieces.append(value[position:])
    return "".join(p if isinstance(p, str) else decode(p[1], p[0])[0] for p in pieces)


def one_address(value: str) -> tuple[str, str] | None:
    """Name and address of a field that holds exactly one, written so that nobody misreads it.

    None otherwise. Only such a sender can be verified: mail programs disagree about the others.
    """
    found = _ONE_ADDRESS.fullmatch(value) if len(value) <= MAX_ADDRESS_FIELD else None
    address = _tidy((found["angled"] or found["bare"]) if found else "")
    if found is None or not address:
        return None
    name = re.sub(r"\\(.)", r"\1", found["quoted"] or "") or found["plain"] or ""
    return clean_line(decoded(name)), address


def addresses(values: Iterable[str]) -> list[tuple[str, str]]:
    """All (name, address) of address fields, as far as they can be read."""
    found = []
    for value in values:
        single = one_address(value)
        found += [single] if single else _many(value[:MAX_ADDRESS_FIELD])
    return found


def message_ids(value: str) -> list[str]:
    return _MESSAGE_ID.findall(decoded(value))


def message_id(headers: Headers) -> str:
    """The Message-ID; angle brackets are put around one that lacks them."""
    value = headers.words("message-id")
    found = _MESSAGE_ID.search(value)
    if found:
        return found[0]
    bare = value.strip("<> ")
    return f"<{bare}>" if bare and " " not in bare else ""


def thread(headers: Headers) -> tuple[str, ...]:
    """Message-IDs of References and In-Reply-To, oldest first, each once."""
    fields = [*headers.all("references"), *headers.all("in-reply-to")]
    found = [clean_line(one) for field in fields for one in message_ids(field)]
    return tuple(dict.fromkeys(one for one in found if one))[-MAX_REFERENCES:]


def sent_at(headers: Headers) -> datetime | None:
    """The Date with its zone, or None when it is nonsense. Without a zone it is UTC (``-0000``)."""
    try:
        moment = parsedate_to_datetime(headers.first("date")[:200])
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment if 1980 <= moment.astimezone(UTC).year <= 2200 else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def language(headers: Headers) -> str:
    found = _LANGUAGE.match(headers.first("content-language"))
    return found[1].lower() if found else ""


def _many(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value])
    except (RecursionError, IndexError, ValueError):
        pairs = []
    found = [(clean_line(decoded(name)), _tidy(address)) for name, address in pairs]
    found = [(name, address) for name, address in found if address]
    return found or [("", _tidy(address)) for address in _ADDRESS.findall(value)]


def _tidy(address: str) -> str:
    """The address in lower case; empty when it is none."""
    address = clean_line(decoded(address)).lower()
    return address if len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) else ""


def _word_bytes(encoding: str, content: str) -> bytes:
    data = content.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data, header=True)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    data = data[: len(data) - 1] if len(data) % 4 == 1 else data
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))
