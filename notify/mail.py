"""From a delivery to the bytes of a mail (RFC 5322, multipart/alternative by RFC 2046).

Pure and deterministic: the boundary derives from the delivery's id and the date is that of its
creation, so that a mail that is sent again is the same to the last byte.
"""

import re
from email.headerregistry import Address, Group
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any

from notify.addresses import ascii_domain, is_mail_address, on_the_wire, quoted
from notify.qr import CID, picture_of
from notify.senders.contract import Content, Delivery

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]+")
OTHER_HEADERS = (
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Precedence",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
)
"""That a delivery may set, besides those that every mail has."""

_IDENTIFIERS = frozenset({"message-id", "in-reply-to", "references"})


class _Mailbox(Address):
    """The standard library leaves two dots in a row as they are, which is no dot-atom."""

    @property
    def addr_spec(self) -> str:
        return f"{quoted(self.username)}@{self.domain}"


class _MailPolicy(EmailPolicy):
    """The standard policy, but an identifier is never cut or encoded (RFC 5322, section 3.6.4).

    The standard library turns a Message-ID that does not fit its line into encoded words.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in _IDENTIFIERS:
            return f"{name}: {_lines(str(value))}\r\n".encode("ascii", "ignore")
        return bytes(super().fold_binary(name, value))


_ASCII = _MailPolicy(linesep="\r\n", cte_type="7bit")
_UTF8 = _MailPolicy(linesep="\r\n", cte_type="7bit", utf8=True)


def compose(delivery: Delivery, content: Content) -> bytes:
    """The mail, ready for SMTP's DATA. Header fields that were not planned for are left out."""
    mail = EmailMessage(policy=_UTF8 if needs_utf8(delivery, content) else _ASCII)
    mail["From"] = _mailbox(content.headers["From"])
    mail["To"] = _recipient(delivery.recipient)
    if "Reply-To" in content.headers:
        mail["Reply-To"] = _mailbox(content.headers["Reply-To"])
    mail["Subject"] = one_line(content.subject)
    mail["Date"] = delivery.created_at.replace(microsecond=0)
    mail["Message-ID"] = delivery.message_id
    for name in OTHER_HEADERS:
        if name in content.headers:
            mail[name] = one_line(content.headers[name])
    mail.set_content(content.text, cte="quoted-printable")
    mail.add_alternative(content.html, subtype="html", cte="quoted-printable")
    picture = picture_of(content.html)
    if picture:
        _, words = mail.iter_parts()
        words.add_related(picture, "image", "png", cid=f"<{CID}>", disposition="inline")
        words.set_boundary(f"=_{delivery.id.hex}_related")
    mail.set_boundary(f"=_{delivery.id.hex}")
    return mail.as_bytes()


def needs_utf8(delivery: Delivery, content: Content) -> bool:
    """Whether an address can only be written in UTF-8 (RFC 6531: SMTPUTF8)."""
    named = (content.headers.get(name, "") for name in ("From", "Reply-To"))
    addresses = (
        delivery.recipient,
        delivery.return_path,
        *(text.rpartition("<")[2] for text in named),
    )
    return not all(on_the_wire(address.strip("<> ")).isascii() for address in addresses)


def mailbox(name: str, address: str) -> str:
    """A header's mailbox: the name, quoted where need be, and the address."""
    local, _, domain = address.rpartition("@")
    return str(Address(one_line(name), local, domain))


def one_line(text: str) -> str:
    """Without line breaks and other control characters: nothing can be smuggled behind it."""
    return _CONTROL.sub(" ", text).strip()


def _recipient(address: str) -> Address | Group:
    """What no mail can go to is only shown, on the outbox page: as the name of an empty group."""
    return _address(address) if is_mail_address(address) else Group(one_line(address))


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
