"""From a file of a fax server to a message, whose words are read from its pages later. Pure."""

from channels.fax.hylafax import callers_of, told_by_tiff
from channels.fax.numbers import e164, first_number
from channels.fax.recvq import UNKNOWN
from channels.kinds import PDF, TIFF, kind_of
from core.errors import BadInput
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender


def normalize(intake: Intake, country: str) -> Message:
    """Raises BadInput when it is no fax."""
    kind = kind_of(intake.raw)
    if kind not in (TIFF, PDF):
        raise BadInput(UNKNOWN, where=str(intake.facts.get("file", "")))
    told = told_by_tiff(intake.raw) if kind == TIFF else {}
    station = "" if e164(told.get("sender", ""), country) else told.get("sender", "")
    name = str(intake.facts.get("file") or "fax.tif")
    details = {
        "file": name,
        "pages": int(told.get("pages", 0)),
        "quality": told.get("quality", ""),
        "bad_lines": int(told.get("badlines", 0)),
        "received": told.get("received", ""),
        "station": station,
    }
    return Message(
        channel=ChannelName.FAX,
        sender=Sender(address=first_number(callers_of(told), country), name=station),
        attachments=(Attachment(name=name, media_type=kind, content=intake.raw),),
        details={key: value for key, value in details.items() if value},
    )
