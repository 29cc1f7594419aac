"""Which addresses an automatic mail may go to, and how an address is written on the wire."""

import re

_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x20]+")
MAX_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3, less the brackets)

# Mailboxes of machines: nobody reads an answer there, and some answer back.
_MACHINE = re.compile(
    r"(mailer[-_.]?daemon|postmaster|daemon|bounces?|majordomo|listserv"
    r"|(do[-_.]?not|no|ne[-_.]?pas|pas[-_.]?de)[-_.]?(reply|response|repondre|reponse))"
    r"([-_.+=].*)?"
    r"|owner-.*|.*-(request|owner|bounces?)"
)


def is_mail_address(address: str) -> bool:
    """Whether it is one plain mail address that is safe in a header and in an SMTP command."""
    return len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) is not None


def is_machine(address: str) -> bool:
    """Whether the name says that a program owns the mailbox (RFC 3834, section 2)."""
    return _MACHINE.fullmatch(address.lower().partition("@")[0]) is not None


def with_tag(mailbox: str, tag: str) -> str:
    """``mairie@town.example`` and ``GU-1234-5678`` to ``mairie+GU-1234-5678@town.example``."""
    local, at, domain = mailbox.rpartition("@")
    return f"{local.partition('+')[0]}+{tag}{at}{domain}"


def on_the_wire(address: str) -> str:
    """The address with its domain in ASCII (RFC 5891), when that is possible."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return address
