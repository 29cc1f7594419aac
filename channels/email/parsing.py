"""The raw mail as the stdlib's tree of parts, within bounds.

Parsed with a policy of our own beside ``email.policy.default``: header fields stay exactly as they
came, so that a forwarded mail is kept as it was, and nothing is raised over a malformed one.
"""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message as Mail
from email.parser import BytesHeaderParser
from email.policy import Policy
from typing import Any

MAX_HEADERS = 256 * 1024  # bytes of the mail's own header section
MAX_HEADER_FIELDS = 5_000  # of all parts together
MAX_FIELD = 16 * 1024  # characters of one field, as it is read
MAX_CONTENT_FIELD = 4 * 1024  # the same of Content-Type and its like: read often, and slowly
MAX_BOUNDARIES = 5_000  # lines that may be one
MAX_BLOCKS = 5_000  # blank lines in a delivery report: the stdlib makes a part of what is between
MAX_NESTINGS = 200  # times that a multipart or an inner mail may be announced

_END_OF_HEADERS = re.compile(rb"\n\r?\n|\r\r")
_BLANK = re.compile(rb"[\r\n](?:\r\n|\r|\n)")


@dataclass(frozen=True, slots=True)
class Parsed:
    mail: Mail
    too_much: str = ""
    """Which bound it is over; then ``mail`` has its header fields alone."""


def parse(raw: bytes) -> Parsed:
    """The tree of a mail, or its header fields when the tree would be over a bound."""
    end = _END_OF_HEADERS.search(raw)
    too_much = ""
    if (end.start() if end else len(raw)) > MAX_HEADERS:
        too_much = f"more than {MAX_HEADERS // 1024} KiB of header fields"
    else:
        too_much = _too_many(raw)
    if not too_much:
        try:
            return Parsed(message_from_bytes(raw, policy=_Verbatim()))
        except _TooManyFieldsError:
            too_much = "too many header fields"
        except RecursionError:
            too_much = "nested too deep"
        except ValueError:  # the stdlib does not bear some boundaries by RFC 2231
            too_much = "a boundary that cannot be read"
    fields = raw[: min(end.start() if end else len(raw), MAX_HEADERS)]
    lines = fields.splitlines(keepends=True)[: MAX_HEADER_FIELDS // 2]
    return Parsed(BytesHeaderParser(policy=_Verbatim()).parsebytes(b"".join(lines)), too_much)


def inner_parts(part: Mail) -> list[Mail]:
    """The parts of a multipart, the mail in a ``message/rfc822``; none of anything else."""
    payload: object = part._payload  # type: ignore[attr-defined]  # see payload_of
    return [p for p in payload if isinstance(p, Mail)] if isinstance(payload, list) else []


def payload_of(part: Mail) -> bytes | None:
    """The content as it came, still encoded for transport; None when there are inner parts."""
    # The public way to it decodes 8-bit text by its label, which may be wrong, and loses bytes.
    payload: object = part._payload  # type: ignore[attr-defined]
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else None


def as_bytes(part: Mail) -> bytes:
    """A part as it came, but for its line ends, which are CRLF."""
    return part.as_bytes(policy=_Verbatim())


def _too_many(raw: bytes) -> str:
    """Which bound the parts of a mail may be over, as far as it can be told beforehand."""
    lower = raw.lower()
    if lower.count(b"multipart/") + lower.count(b"message/") > MAX_NESTINGS:
        return "nested too deep"
    boundaries = raw.count(b"\n--") + raw.count(b"\r--")
    reported = b"/delivery-status" in lower or b"/disposition-notification" in lower
    blocks = len(_BLANK.findall(raw)) if reported else 0
    return "too many parts" if boundaries > MAX_BOUNDARIES or blocks > MAX_BLOCKS else ""


class _TooManyFieldsError(ValueError):
    pass


class _Verbatim(Policy):
    """Header fields as ``str``: unfolded and cut when read, unchanged when written."""

    _left: list[int]

    def __init__(self, **options: Any) -> None:
        super().__init__(linesep="\r\n", **options)
        object.__setattr__(self, "_left", [MAX_HEADER_FIELDS])  # a policy forbids assignment

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        self._left[0] -= 1
        if self._left[0] < 0:
            raise _TooManyFieldsError
        name, _, value = sourcelines[0].partition(":")
        if len(sourcelines) > 1:
            value = "".join([value, *sourcelines[1:]])
        return name, value.rstrip("\r\n")

    def header_store_parse(self, name: str, value: str) -> tuple[str, str]:
        return name, f" {value}"

    def header_fetch_parse(self, name: str, value: str) -> str:
        limit = MAX_CONTENT_FIELD if name[:8].lower() == "content-" else MAX_FIELD
        value = value.strip()
        if "\n" in value or "\r" in value:
            value = value.replace("\r", "").replace("\n", "")
        return value[: limit + 1]

    def fold(self, name: str, value: str) -> str:
        return f"{name}:{value}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode("utf-8", "surrogateescape")
