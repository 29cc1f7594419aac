"""An address or a number that a person has typed."""

import re

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat

MAX_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3, less the brackets)

_E164 = re.compile(r"\+[1-9]\d{6,14}")


def is_e164(text: str) -> bool:
    """Whether it is written as a telephone number in E.164; not whether anybody has it."""
    return _E164.fullmatch(text) is not None


def email_address(text: str) -> str | None:
    """The address in lower case, or None when it is none (RFC 5321, RFC 6531; no DNS is asked)."""
    if len(text) > MAX_ADDRESS:  # to look at a very long one would take its time
        return None
    try:
        address = validate_email(
            text.strip(), check_deliverability=False, globally_deliverable=False
        ).normalized.lower()
    except EmailNotValidError:
        return None
    return address if "." in address.rpartition("@")[2] else None


def phone_number(text: str, region: str) -> str | None:
    """The number in E.164, or None; one without country code is taken to be of ``region``."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
