"""From a contact form as it was kept to a message. Pure; it reads what ``submission`` writes.

The raw intake may also come from a trusted outside system (``POST /api/v1/intakes``), so nothing
about its shape is taken for granted. It does not look inside the files.
"""

import base64
import binascii
import re
from mimetypes import MimeTypes
from typing import Any

from channels.raw import json_object
from channels.web.fields import email_address, phone_number
from core.errors import BadInput
from core.references import parse_reference
from core.text import clean_line, clean_text, file_name, is_media_type
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender, Trust

UNKNOWN_TYPE = "application/octet-stream"
_TYPES = MimeTypes(filenames=())  # the built-in table: the same on every machine


def normalize(intake: Intake) -> Message:
    """Raises BadInput when the intake is not what a contact form leaves."""
    fields = json_object(intake.raw)
    notes: list[str] = []
    return Message(
        channel=ChannelName.WEB,
        sender=sender_of(
            fields, str(intake.facts.get("region", "")), notes, proven=is_proven(intake)
        ),
        subject=clean_line(text_of(fields, "subject")),
        text=clean_text(text_of(fields, "message")).strip(),
        language=language_of(intake.facts.get("locale")),
        sent_at=intake.received_at,
        attachments=tuple(attachments_of(fields, notes)),
        reference=parse_reference(str(intake.facts.get("reference", ""))) or "",
        details=_case(intake),
        notes=tuple(notes),
    )


def is_proven(intake: Intake) -> bool:
    """Whether it came from a session of the account that has this address; only we say so."""
    return bool(intake.facts.get("account"))


def _case(intake: Intake) -> dict[str, Any]:
    """The case that its citizen wrote it in, signed in or with its key, and which of the documents
    that were asked for it brings; the access was checked then."""
    reference = parse_reference(str(intake.facts.get("case", "")))
    if not reference or not (is_proven(intake) or intake.facts.get("key") == reference):
        return {}
    given = intake.facts.get("given")
    return {"case": reference, "given": given} if isinstance(given, list) else {"case": reference}


def text_of(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name, "")
    if not isinstance(value, str):
        raise BadInput("not a text", where=name)
    return value


def sender_of(
    fields: dict[str, Any], region: str, notes: list[str], *, proven: bool = False
) -> Sender:
    """The e-mail address is how we answer; the number is the way when there is none."""
    email, phone = clean_line(text_of(fields, "email")), clean_line(text_of(fields, "phone"))
    address = email_address(email) if email else None
    number = phone_number(phone, region) if phone else None
    if email and not address:
        notes.append(f"not an e-mail address: {email}")
    if phone and not number:
        notes.append(f"not a telephone number: {phone}")
    return Sender(
        name=clean_line(text_of(fields, "name")),
        address=address or number or "",
        phone=(number or "") if address else "",
        trust=Trust.VERIFIED if proven else Trust.UNVERIFIED,
    )


def language_of(locale: object) -> str:
    found = re.match(r"[a-z]{2}(?![a-z])", locale) if isinstance(locale, str) else None
    return found[0] if found else ""


def attachments_of(fields: dict[str, Any], notes: list[str]) -> list[Attachment]:
    listed = fields.get("attachments", [])
    if not isinstance(listed, list):
        raise BadInput("not a list", where="attachments")
    return [_attachment(part, number, notes) for number, part in enumerate(listed, start=1)]


def _attachment(part: object, number: int, notes: list[str]) -> Attachment:
    where = f"attachments.{number}"
    if not isinstance(part, dict):
        raise BadInput("not a JSON object", where=where)
    name = file_name(text_of(part, "name"), f"attachment-{number}")
    try:
        content = base64.b64decode(text_of(part, "content"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise BadInput(f"not base64: {problem}", where=where) from problem
    if not content:
        notes.append(f"attachment {number} ({name}) is empty")
    return Attachment(
        name=name, media_type=media_type_of(text_of(part, "media_type"), name), content=content
    )


def media_type_of(given: str, name: str) -> str:
    """What a browser says of a file, or what its name says where that is nothing."""
    declared = given.partition(";")[0].strip().lower()
    if declared != UNKNOWN_TYPE and is_media_type(declared):
        return declared
    return _TYPES.guess_type(name)[0] or UNKNOWN_TYPE
