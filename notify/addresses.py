"""Which addresses an automatic mail may go to, and how an address is written on the wire."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from core.contacts import is_e164
from notify.models import Medium

# Of ASCII what RFC 5322 (section 3.2.3) and host names allow, and of the rest no white space.
_ATOM = r"[^\s<>()\[\],;:\\\"@.\x00-\x1f\x7f-\xa0]+"
_LABEL = r"[^\s\x00-,./:-@\[-^`{-\xa0]+"
_ADDRESS = re.compile(rf"[^\s<>()\[\],;:\\\"@\x00-\x1f\x7f-\xa0]{{1,64}}@{_LABEL}(?:\.{_LABEL})*")
_DOT_ATOM = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_WITHOUT_SMS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.TOLL_FREE,
        phonenumbers.PhoneNumberType.UAN,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    }
)
_ESCAPED = re.compile(r'([\\"])')
MAX_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3, less the brackets)

# Mailboxes of machines: nobody reads an answer there, and some answer back.
_MACHINE = re.compile(
    r"(mailer[-_.]?daemon|postmaster|daemon|bounces?|majordomo|listserv"
    r"|(.*[-_.+])?(do[-_.]?not|no|ne[-_.]?pas|pas[-_.]?de)[-_.]?(reply|response|repondre|reponse))"
    r"([-_.+=].*)?"
    r"|owner-.*|.*-(request|owner|bounces?)"
)


def is_mail_address(address: str) -> bool:
    """Whether it is one plain mail address that is safe in a header and in an SMTP command."""
    return len(address) <= MAX_ADDRESS and _ADDRESS.fullmatch(address) is not None


def medium_of(address: str) -> Medium:
    """By which medium this address is written to."""
    return Medium.SMS if is_e164(address) else Medium.EMAIL


def takes_sms(number: str) -> bool:
    """Whether a number in E.164 may get SMS: it does unless its plan says that it is no mobile."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.number_type(parsed) not in _WITHOUT_SMS


def is_machine(address: str) -> bool:
    """Whether the name says that a program owns the mailbox (RFC 3834, section 2)."""
    return _MACHINE.fullmatch(address.lower().partition("@")[0]) is not None


def with_tag(mailbox: str, tag: str) -> str:
    """``mairie@town.example`` and ``GU-1234-5678`` to ``mairie+GU-1234-5678@town.example``."""
    local, at, domain = mailbox.rpartition("@")
    return f"{local.partition('+')[0]}+{tag}{at}{domain}"


def on_the_wire(address: str) -> str:
    """The address as headers and SMTP commands have it.

    The domain is in ASCII when that is possible, and what is no dot-atom before the @ is quoted
    (RFC 5321, section 4.1.2): some mailboxes of Japanese telephones have two dots in a row.
    """
    local, at, domain = address.rpartition("@")
    return f"{quoted(local)}{at}{ascii_domain(domain)}" if at else address


def quoted(local: str) -> str:
    """What stands before the @, in quotes unless it is a dot-atom."""
    if _DOT_ATOM.fullmatch(local):
        return local
    return '"' + _ESCAPED.sub(r"\\\1", local) + '"'


def ascii_domain(domain: str) -> str:
    """By IDNA 2008 (RFC 5891): the older one, Python's own, takes straße.example for another."""
    if domain.isascii():
        return domain
    try:
        checked = validate_email(
            f"x@{domain}", check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError:
        return domain
    return checked.ascii_domain or domain
