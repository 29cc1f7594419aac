"""A mail from a fax gateway becomes the fax that it brings, from the caller and not the gateway.

Which mails are such is said by profiles in the settings: by the address that the gateway writes
from, or the mailbox that it writes to. A From header proves nothing, so the caller is as unverified
as any.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from channels.fax.hylafax import told_by_mail
from channels.fax.numbers import e164
from channels.kinds import PDF, TIFF, kind_of
from core.settings import FaxProfile
from core.text import clean_line
from ingest.message import Attachment, ChannelName, Message, Sender

MAX_SEARCHED = 5_000  # characters of subject and text

# As services write it: "eFax message from …", "New Fax Message from (650) …", "Fax reçu de …",
# "Neues Fax von …", "Caller-ID: …", "Numéro de l'appelant : …".
_NUMBER = re.compile(
    r"(?:\b(?:from|de|von|da|caller(?:[- ]?id)?|sender|appelant|exp[ée]diteur|[ée]metteur|"
    r"num[ée]ro|csid|tsid)\b|n°)\W{0,12}(?P<number>\+?\(?\d[\d .()/-]{4,22}\d)",
    re.IGNORECASE,
)
_NUMBER_IN_NAME = re.compile(r"(?<!\d)(?P<number>(?:\+|00)?\d{9,15})(?!\d)")
_PAGES = re.compile(
    r"\b(\d{1,4})[ \t]*(?:page|seite|pagina)|\bpages?[ \t:]{1,4}(\d{1,4})\b", re.IGNORECASE
)


def as_fax(message: Message, profiles: Sequence[FaxProfile], country: str) -> Message | None:
    """The fax that a mail brings; None when no profile is of this mail, or no pages came along."""
    profile = next((one for one in profiles if _is_from(message, one)), None)
    files = tuple(part for part in message.attachments if kind_of(part.content) in (PDF, TIFF))
    if profile is None or not files:
        return None
    told = told_by_mail(message.text) if "sender" in message.text.lower() else {}
    pages = told.get("pages") or _pages(message)
    details = {
        "gateway": message.sender.address,
        "pages": int(pages) if pages.isdecimal() else "",
        "quality": told.get("quality", ""),
        "station": _station(told.get("sender", "")),
        "problem": told.get("problem", ""),
    }
    return Message(
        channel=ChannelName.FAX,
        sender=Sender(
            address=_caller(message, profile, told, country), name=str(details["station"])
        ),
        recipients=message.recipients,
        sent_at=message.sent_at,
        message_id=message.message_id,
        attachments=tuple(_named(part) for part in files),
        details={name: value for name, value in details.items() if value},
        notes=message.notes,
    )


def _is_from(message: Message, profile: FaxProfile) -> bool:
    """Sender and mailbox both, where the profile names both."""
    if profile.sender and not _matches(message.sender.address, profile.sender):
        return False
    return not profile.mailbox or any(
        _matches(address, profile.mailbox) for address in message.recipients
    )


def _matches(address: str, wanted: str) -> bool:
    """An address, or ``@domain`` for all of it."""
    return address.endswith(wanted) if wanted.startswith("@") else address == wanted


def _caller(message: Message, profile: FaxProfile, told: Mapping[str, str], country: str) -> str:
    """The first thing that is a number, where gateways put it, the surest place first."""
    for given in _candidates(message, profile, told):
        if number := e164(given, country):
            return number
    return ""


def _candidates(message: Message, profile: FaxProfile, told: Mapping[str, str]) -> Iterator[str]:
    names = [part.name for part in message.attachments]
    if profile.number:
        own = re.compile(profile.number, re.IGNORECASE)
        for place in (message.subject, *names, message.text[:MAX_SEARCHED]):
            if found := own.search(place[:MAX_SEARCHED]):
                yield found["number"]
    yield from (told[name] for name in ("callid1", "sender") if name in told)
    for place in (message.subject, message.text[:MAX_SEARCHED]):
        yield from (found["number"] for found in _NUMBER.finditer(place))
    for name in names:
        yield from (found["number"] for found in _NUMBER_IN_NAME.finditer(name))
    yield from (found["number"] for found in _NUMBER_IN_NAME.finditer(message.subject))


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
