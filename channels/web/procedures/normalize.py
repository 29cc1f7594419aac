"""From a form as it was kept to a message. Pure; it reads what ``submission`` writes."""

from typing import Any

from channels.raw import json_object
from channels.web.normalize import attachments_of, language_of, sender_of, text_of
from core.errors import BadInput
from core.references import parse_reference
from core.text import clean_line, clean_text
from ingest.intake import Intake
from ingest.message import ChannelName, Message, Trust


def normalize(intake: Intake) -> Message:
    """Raises BadInput when the intake is not what the form of a procedure leaves."""
    fields = json_object(intake.raw)
    notes: list[str] = []
    sender = sender_of(fields, str(intake.facts.get("region", "")), notes)
    if sender.address and sender.address == intake.facts.get("verified_email"):
        sender = sender.model_copy(update={"trust": Trust.VERIFIED})
    return Message(
        channel=ChannelName.WEB,
        sender=sender,
        subject=clean_line(text_of(fields, "subject")),
        text=clean_text(text_of(fields, "text")).strip(),
        language=language_of(intake.facts.get("locale")),
        sent_at=intake.received_at,
        attachments=tuple(attachments_of(fields, notes)),
        reference=parse_reference(str(intake.facts.get("reference", ""))) or "",
        details={
            "procedure": clean_line(text_of(fields, "procedure")),
            "version": _version(fields),
            "queue": clean_line(text_of(fields, "queue")),
            "form": _values(fields),
        },
        notes=tuple(notes),
    )


def _version(fields: dict[str, Any]) -> int:
    version = fields.get("version")
    if not isinstance(version, int):
        raise BadInput("not a number", where="version")
    return version


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    values = fields.get("values")
    if not isinstance(values, dict):
        raise BadInput("not a JSON object", where="values")
    return values
