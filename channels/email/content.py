"""The bytes of one part, whatever its Content-Transfer-Encoding (RFC 2045, section 6)."""

import binascii
import re
from email.message import Message as Mail

from channels.email.parsing import payload_of

_ALPHABET = re.compile(rb"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(rb"=+")
_WHITE = b" \t\r\n"


def content_of(part: Mail) -> tuple[bytes, str]:
    """The decoded content of a part without inner parts, and what was wrong with it."""
    payload = payload_of(part)
    if payload is None:
        return b"", "no content"
    encoding = part.get("content-transfer-encoding", "").strip().lower()
    if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
        return _uuencoded(part, payload)
    return decoded(payload, encoding)


def decoded(data: bytes, encoding: str) -> tuple[bytes, str]:
    """The content behind ``base64``, ``quoted-printable`` or nothing."""
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(data), ""
    return data, ""


def _base64(data: bytes) -> tuple[bytes, str]:
    data = data.translate(None, _WHITE)
    try:
        return binascii.a2b_base64(data, strict_mode=True), ""
    except binascii.Error:
        pass
    # Some programs encode piece by piece, each with its own padding; others lose characters.
    pieces = _PADDING.split(_ALPHABET.sub(b"", data))
    return b"".join(map(_piece, pieces)), "broken base64"


def _piece(data: bytes) -> bytes:
    if len(data) % 4 == 1:
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def _uuencoded(part: Mail, payload: bytes) -> tuple[bytes, str]:
    try:
        content = part.get_payload(decode=True)
    except (binascii.Error, ValueError, IndexError):
        content = None
    # The stdlib gives the payload back as it is when there is no beginning in it.
    if isinstance(content, bytes) and content != payload:
        return content, ""
    return payload, "broken uuencoding"
