"""A mail from a fax gateway becomes the fax that it brings, from the caller and not the gateway.

Which mails are such is said by profiles in the settings: by the address that the gateway writes
from, or the mailbox that it writes to. A From header proves nothing, so the caller is as unverified
as any.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from channels.email.headers import Headers, addresses
from channels.email.parsing import MAX_HEADERS, parse
from channels.fax.hylafax import callers_of, told_by_mail
from channels.fax.numbers import first_number
from channels.kinds import PDF, TIFF, kind_of
from core.settings import FaxProfile
from core.text import clean_line
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender

MAX_SEARCHED = 5_000  # characters of subject and text
_END_OF_HEADERS = re.compile(rb"\n\r?\n|\r\r")

# As services write it: "New Fax Message from (650) …", "Fax reçu de …", "Neues Fax von …",
# "Numéro de l'appelant : …". What the line told comes before what the station says of itself:
# 'eFax message from "station" - 1 page(s), Caller-ID: …'. A number without such a word may be ours.
_DIGITS = r"(?P<number>\+?\(?\d[\d .()/-]{4,22}\d)"
_CALLER = re.compile(rf"\b(?:caller(?:[- ]?id)?|appelant|clip)\b\W{{0,12}}{_DIGITS}", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:from|de|von|da|sender|exp[ée]diteur|[ée]metteur|csid|tsid|"
    rf"(?:from number|du num[ée]ro|von der nummer))\b\W{{0,12}}{_DIGITS}",
    re.IGNORECASE,
)
_NUMBER_IN_NAME = re.compile(r"(?<!\d)(?P<number>(?:\+|00)?\d{9,15})(?!\d)")
_MOMENT = re.compile(r"\d\d(?:0[1-9]|1[0-2])\d{8}|\d\d(?:0[1-9]|1[0-2])20\d{6}")
_PAGES = re.compile(
    r"\b(\d{1,4})[ \t]*(?:page|seite|pagina)|\bpages?[ \t:]{1,4}(\d{1,4})\b", re.IGNORECASE
)


def as_fax(
    message: Message, intake: Intake, profiles: Sequence[FaxProfile], country: str
) -> Message | None:
    """The fax that a mail brings; None when no profile is of this mail, or no pages came along.

    ``message`` is what became of the mail ``intake``.
    """
    files = tuple(part for part in message.attachments if kind_of(part.content) in (PDF, TIFF))
    if not profiles or not files:
        return None
    headers = _headers(intake.raw)
    writers = _writers(headers, intake)
    profile = next((one for one in profiles if _is_from(message, writers, one)), None)
    if profile is None:
        return None
    told = told_by_mail(message.text) if "sender" in message.text.lower() else {}
    pages = told.get("pages") or _pages(message)
    details = {
        "gateway": writers[0] if writers else "",
        "pages": int(pages) if pages.isdecimal() else "",
        "quality": told.get("quality", ""),
        "received": told.get("received", ""),
        "station": _station(told.get("sender", "")),
        "problem": told.get("problem", ""),
    }
    return Message(
        channel=ChannelName.FAX,
        sender=Sender(
            address=first_number(_candidates(message, headers, profile, told), country),
            name=str(details["station"]),
        ),
        recipients=message.recipients,
        sent_at=message.sent_at,
        message_id=message.message_id,
        in_reply_to=message.in_reply_to,
        attachments=tuple(_named(part) for part in files),
        details={name: value for name, value in details.items() if value},
        notes=message.notes,
    )


def _headers(raw: bytes) -> Headers:
    head = _END_OF_HEADERS.split(raw[:MAX_HEADERS], maxsplit=1)[0]
    return Headers(parse(head + b"\n\n").mail)


def _writers(headers: Headers, intake: Intake) -> list[str]:
    """The From, not whom it asks to answer, and the sender of the envelope."""
    envelope = str(intake.facts.get("mail_from") or "").lower()
    named = [address for _, address in addresses(headers.all("from"))]
    return [address for address in (*named, envelope) if address]


def _is_from(message: Message, writers: Sequence[str], profile: FaxProfile) -> bool:
    """Sender and mailbox both, where the profile names both."""
    if profile.sender and not any(_matches(address, profile.sender) for address in writers):
        return False
    return not profile.mailbox or any(
        _matches(address, profile.mailbox) for address in message.recipients
    )


def _matches(address: str, wanted: str) -> bool:
    """An address, or ``@domain`` for all of it."""
    return address.endswith(wanted) if wanted.startswith("@") else address == wanted


def _candidates(
    message: Message, headers: Headers, profile: FaxProfile, told: Mapping[str, str]
) -> Iterator[str]:
    """What may be the caller's number, where gateways put it, the surest place first."""
    names = [part.name for part in message.attachments]
    text = message.text[:MAX_SEARCHED]
    header = headers.words(profile.header) if profile.header else ""
    if profile.number:
        own = re.compile(profile.number, re.IGNORECASE)
        for place in (header, message.subject, *names, text):
            if found := own.search(place[:MAX_SEARCHED]):
                yield found["number"]
    yield header
    yield from callers_of(told)
    for pattern in (_CALLER, _NUMBER):
        for place in (message.subject, text):
            yield from (found["number"] for found in pattern.finditer(place))
    for name in (*names, message.subject):
        for found in _NUMBER_IN_NAME.finditer(name):
            if not _MOMENT.fullmatch(found["number"]):
                yield found["number"]


def _pages(message: Message) -> str:
    for place in (message.subject, message.text[:MAX_SEARCHED]):
        if found := _PAGES.search(place):
            return found[1] or found[2]
    return ""


def _station(sender: str) -> str:
    """What the machine calls itself, where that is a name and no number."""
    return clean_line(sender) if re.search(r"[^\W\d_]{2}", sender) else ""


def _named(part: Attachment) -> Attachment:
    return part.model_copy(update={"media_type": kind_of(part.content), "inline": False})
