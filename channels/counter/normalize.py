"""From what an agent filed, as it was kept, to a message. Pure; it reads what ``form`` writes.

An agent vouches for the sender who showed a document or is known to them; who only says who they
are is as unverified as any caller. It does not look inside the files.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from channels.raw import json_object
from channels.web.fields import email_address, phone_number
from core.errors import BadInput
from core.references import parse_reference
from core.text import clean_line, clean_text, file_name, is_media_type
from ingest.intake import Intake
from ingest.message import Attachment, Message, Sender, Trust

UNKNOWN_TYPE = "application/octet-stream"
VOUCHING = frozenset({"document", "known"})


def normalize(intake: Intake) -> Message:
    """Raises BadInput when the intake is not what the form at the counter leaves."""
    form = json_object(intake.raw)
    fields, citizen = _part(form, "fields"), _part(form, "citizen")
    return Message(
        channel=intake.channel,
        sender=_sender(citizen, str(intake.facts.get("region", ""))),
        subject=clean_line(_text(fields, "subject")),
        text=clean_text(_text(fields, "text")).strip(),
        language=_text(form, "language"),
        sent_at=intake.received_at,
        attachments=tuple(
            _attachment(part, number) for number, part in enumerate(_list(form, "attachments"), 1)
        ),
        reference=parse_reference(str(intake.facts.get("reference", ""))) or "",
        details={
            "by": str(intake.facts.get("by", "")),
            "identity": _text(citizen, "identity"),
            "citizen": _id(_text(citizen, "id")),
            "postal": _text(citizen, "postal_address"),
            "asked": " ".join(map(str, _list(form, "asked"))),
            "allowed": " ".join(map(str, _list(form, "allowed"))),
            "queue": _text(form, "queue"),
            **_filled(form),
        },
    )


def _filled(form: Mapping[str, Any]) -> dict[str, Any]:
    """The procedure whose form it is; what was kept before there were any names none."""
    procedure, version = _text(form, "procedure"), form.get("version", 0)
    if not procedure:
        return {}
    if not isinstance(version, int):
        raise BadInput("not a number", where="version")
    return {"procedure": procedure, "version": version, "form": dict(_part(form, "values"))}


def _part(form: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = form.get(name)
    if not isinstance(part, dict):
        raise BadInput("not a JSON object", where=name)
    return part


def _text(part: Mapping[str, Any], name: str) -> str:
    value = part.get(name, "")
    if not isinstance(value, str):
        raise BadInput("not a text", where=name)
    return value


def _id(given: str) -> str:
    """The router looks it up: nothing but an id may come to it."""
    try:
        return str(UUID(given)) if given else ""
    except ValueError as problem:
        raise BadInput("not an id", where="citizen.id") from problem


def _list(part: Mapping[str, Any], name: str) -> list[Any]:
    value = part.get(name, [])
    if not isinstance(value, list):
        raise BadInput("not a list", where=name)
    return value


def _sender(citizen: Mapping[str, Any], region: str) -> Sender:
    email = email_address(_text(citizen, "email")) or ""
    phone = phone_number(_text(citizen, "phone"), region) or ""
    vouched = _text(citizen, "identity") in VOUCHING
    return Sender(
        name=clean_line(_text(citizen, "name")),
        address=email or phone,
        phone=phone if email else "",
        trust=Trust.VOUCHED if vouched else Trust.UNVERIFIED,
    )


def _attachment(part: object, number: int) -> Attachment:
    where = f"attachments.{number}"
    if not isinstance(part, dict):
        raise BadInput("not a JSON object", where=where)
    try:
        content = base64.b64decode(_text(part, "content"), validate=True)
    except (binascii.Error, ValueError) as problem:
        raise BadInput(f"not base64: {problem}", where=where) from problem
    media_type = _text(part, "media_type").partition(";")[0].strip().lower()
    return Attachment(
        name=file_name(_text(part, "name"), f"document-{number}"),
        media_type=media_type if is_media_type(media_type) else UNKNOWN_TYPE,
        content=content,
    )
