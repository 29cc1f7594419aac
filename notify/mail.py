"""From a delivery to the bytes of a mail (RFC 5322, multipart/alternative by RFC 2046).

Pure and deterministic: the boundary derives from the delivery's id and the date is that of its
creation, so that a mail that is sent again is the same to the last byte.
"""

import re
from base64 import encodebytes
from binascii import b2a_qp
from datetime import UTC, datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, quote
from functools import lru_cache

from notify.addresses import ascii_domain, is_mail_address, on_the_wire, quoted
from notify.filling import fill
from notify.qr import CID, picture_of
from notify.senders.contract import Content, Delivery

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
_WHOLE = frozenset({"in-reply-to", "references", "list-unsubscribe"})


class _Mailbox(Address):
    """The standard library leaves two dots in a row as they are, which is no dot-atom."""

    @property
    def addr_spec(self) -> str:
        return f"{quoted(self.username)}@{self.domain}"


_ASCII = EmailPolicy(linesep="\r\n", cte_type="7bit")
_UTF8 = EmailPolicy(linesep="\r\n", cte_type="7bit", utf8=True)

FIELDS = (
    "In-Reply-To",
    "References",
    "Precedence",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
)
"""What a delivery may have besides the fields that every mail has."""
_KEPT = 512  # folded fields; those of one campaign are the same for all but the recipient
_LINE = 78  # characters (RFC 5322, section 2.1.1)


def compose(delivery: Delivery, content: Content) -> bytes:
    """The mail, ready for SMTP's DATA. Header fields that were not planned for are left out.

    The standard library folds what needs folding and no more: to have it write the whole mail
    takes twenty times as long.
    """
    content, utf8 = fill(content), needs_utf8(delivery, content)
    boundary = f"=_{delivery.id.hex}"
    fields = [
        _field("From", content.headers["From"], utf8),
        _to(delivery.recipient, utf8),
        *(
            [_field("Reply-To", content.headers["Reply-To"], utf8)]
            if "Reply-To" in content.headers
            else []
        ),
        _field("Subject", content.subject, utf8),
        _date(delivery.created_at),
        _identifiers("Message-ID", delivery.message_id),
        *(_field(name, content.headers[name], utf8) for name in FIELDS if name in content.headers),
        b"MIME-Version: 1.0\r\n",
        f'Content-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode(),
    ]
    return b"".join(
        (
            *fields,
            f"\r\n--{boundary}\r\n".encode(),
            _part("plain", content.text),
            f"\r\n--{boundary}\r\n".encode(),
            _html(content.html, boundary),
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )


def _html(words: str, boundary: str) -> bytes:
    """With the picture that it speaks of, if any (multipart/related, RFC 2387)."""
    picture = picture_of(words)
    if not picture:
        return _part("html", words)
    inner = f"{boundary}_related"
    return b"".join(
        (
            b'Content-Type: multipart/related; type="text/html";\r\n',
            f' boundary="{inner}"\r\n'.encode(),
            f"\r\n--{inner}\r\n".encode(),
            _part("html", words),
            f"\r\n--{inner}\r\n".encode(),
            b"Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n",
            f"Content-Disposition: inline\r\nContent-ID: <{CID}>\r\n\r\n".encode(),
            encodebytes(picture).replace(b"\n", b"\r\n"),
            f"\r\n--{inner}--\r\n".encode(),
        )
    )


def _part(subtype: str, text: str) -> bytes:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    body = b2a_qp(lines.replace("\n", "\r\n").encode("utf-8", "replace"), istext=True)
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode() + body


def _to(recipient: str, utf8: bool) -> bytes:
    if not is_mail_address(recipient):
        return _to_nobody(recipient)
    line = f"To: {recipient}\r\n"
    if len(line) <= _LINE and line.isascii() and on_the_wire(recipient) == recipient:
        return line.encode("ascii")
    return _folded("To", recipient, utf8)


def _to_nobody(recipient: str) -> bytes:
    """What no mail can go to is only shown, on the outbox page: as the name of an empty group.

    A long one is encoded: in quotes the standard library would break it apart.
    """
    name = one_line(recipient)
    if name.isascii() and len(name) <= _LINE // 2:
        return f'To: "{quote(name)}":;\r\n'.encode("ascii")
    encoded = Header(name, "utf-8", header_name="To").encode(linesep="\r\n")
    return f"To: {encoded}:;\r\n".encode("ascii")


@lru_cache(_KEPT)
def _date(at: datetime) -> bytes:
    return f"Date: {format_datetime(at.astimezone(UTC))}\r\n".encode()


def _field(name: str, value: str, utf8: bool) -> bytes:
    return _identifiers(name, value) if name.lower() in _WHOLE else _folded(name, value, utf8)


def _identifiers(name: str, value: str) -> bytes:
    """Never cut or encoded (RFC 5322, section 3.6.4; RFC 2369), each on a line of its own."""
    return f"{name}: {_lines(one_line(value))}\r\n".encode("ascii", "ignore")


@lru_cache(_KEPT)
def _folded(name: str, value: str, utf8: bool) -> bytes:
    mail = EmailMessage(policy=_UTF8 if utf8 else _ASCII)
    match name:
        case "From" | "Reply-To":
            mail[name] = _mailbox(value)
        case "To":
            mail[name] = _address(value)
        case _:
            mail[name] = one_line(value)
    return mail.as_bytes().removesuffix(b"\r\n")


def needs_utf8(delivery: Delivery, content: Content) -> bool:
    """Whether an address can only be written in UTF-8 (RFC 6531: SMTPUTF8)."""
    named = (content.headers.get(name, "") for name in ("From", "Reply-To"))
    addresses = (
        delivery.recipient,
        delivery.return_path,
        *(text.rpartition("<")[2] for text in named),
    )
    return not all(
        address.isascii() or on_the_wire(address.strip("<> ")).isascii() for address in addresses
    )


def mailbox(name: str, address: str) -> str:
    """A header's mailbox: the name, quoted where need be, and the address."""
    local, _, domain = address.rpartition("@")
    return str(Address(one_line(name), local, domain))


def one_line(text: str) -> str:
    """Without line breaks and other control characters: nothing can be smuggled behind it."""
    return _CONTROL.sub(" ", text).strip()


def _mailbox(text: str) -> Address:
    """Read back what :func:`mailbox` wrote."""
    name, bracket, address = one_line(text).rpartition("<")
    if not bracket:
        return _address(text)
    name = name.strip()
    if name.startswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return _address(address.rstrip(">"), name)


def _address(address: str, name: str = "") -> Address:
    local, _, domain = one_line(address).rpartition("@")
    return _Mailbox(name, local, ascii_domain(domain))


def _lines(identifiers: str) -> str:
    return "\r\n ".join(identifiers.split())
