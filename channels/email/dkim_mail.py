"""A mail in the form that ``dkimpy`` computes with, made piece by piece.

The library splits, joins and rewrites the body in single calls of the C library. Each holds the
interpreter for as long as it takes, 0.3 s for 25 MiB, so that even in a thread beside the event
loop would stand still.
"""

import re
from collections.abc import Iterator
from typing import Any

import dkim
from dkim.canonicalization import Relaxed, compress_whitespace, strip_trailing_whitespace

MAX_HEADERS = 128 * 1024  # bytes; folding takes the library quadratic time
MAX_BLANKS = 200  # spaces in a row, for the same reason
_PIECE = 64 * 1024  # bytes that are rewritten at once, and a line more
_END_OF_HEADERS = re.compile(rb"(?:\A|\r?\n)\r?\n")
FAULTS = (dkim.DKIMException, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What the library is known to raise over a malformed mail."""


class SignedMail:
    """Its header fields, and its body as the two canonicalizations (RFC 6376, 3.4) want it."""

    def __init__(self, raw: bytes) -> None:
        """Raises one of FAULTS when the library could not bear it."""
        end = _END_OF_HEADERS.search(raw, 0, MAX_HEADERS + 4)
        head = raw[: end.start()] if end else raw
        if len(head) > MAX_HEADERS or _has_many_blanks(raw):
            raise ValueError("more header fields or blanks than the library can bear")
        self.fields: list[Any] = dkim.rfc822_parse(head)[0]
        self._raw_body = raw[end.end() :] if end else b""
        self._bodies: dict[bool, bytes] = {}

    def signatures(self) -> list[bytes]:
        """The DKIM-Signature fields, topmost first."""
        return [value for name, value in self.fields if name.lower() == b"dkim-signature"]

    def body(self, *, relaxed: bool) -> bytes:
        if relaxed not in self._bodies:
            pieces = map(_with_crlf, _pieces(self._raw_body))
            self._bodies[relaxed] = b"".join(map(_relaxed, pieces) if relaxed else pieces)
        return self._bodies[relaxed]


class Verifier(dkim.DKIM):  # type: ignore[misc]
    """Looks at one signature; a fresh one for each, as it keeps what it found last."""

    def __init__(self, mail: SignedMail, *, minkey: int) -> None:
        super().__init__(minkey=minkey)
        self.headers = list(mail.fields)
        self._mail = mail

    def verify_sig(
        self, sig: dict[bytes, bytes], include_headers: list[bytes], sig_header: Any, dnsfunc: Any
    ) -> bool:
        """Called by the library; what it is left to do with a relaxed body is the end of it."""
        of_header, _, of_body = sig.get(b"c", b"simple/simple").partition(b"/")
        relaxed = of_body == Relaxed.name
        self.body = self._mail.body(relaxed=relaxed)
        if relaxed and self.body.strip(b"\r\n"):  # an empty one differs between the two
            sig = {**sig, b"c": of_header + b"/simple"}
        return bool(super().verify_sig(sig, include_headers, sig_header, dnsfunc))


def _has_many_blanks(raw: bytes) -> bool:
    return b" " * MAX_BLANKS in raw.replace(b"\t", b" ")


def _pieces(body: bytes) -> Iterator[bytes]:
    """Each ends with a line, so that no run of blanks and no CRLF is cut in two."""
    start = 0
    while start < len(body):
        end = body.find(b"\n", start + _PIECE) + 1 or len(body)
        yield body[start:end]
        start = end


def _with_crlf(piece: bytes) -> bytes:
    return piece.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _relaxed(piece: bytes) -> bytes:
    return bytes(compress_whitespace(strip_trailing_whitespace(piece)))
