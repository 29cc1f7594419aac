"""From a file of a fax server to a message, whose words are read from its pages later. Pure."""

from channels.fax.hylafax import told_by_tiff
from channels.fax.numbers import e164
from channels.fax.recvq import UNKNOWN
from channels.kinds import PDF, TIFF, kind_of
from core.errors import BadInput
from core.text import clean_line
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender


def normalize(intake: Intake, country: str) -> Message:
    """Raises BadInput when it is no fax."""
    kind = kind_of(intake.raw)
    if kind not in (TIFF, PDF):
        raise BadInput(UNKNOWN, where=str(intake.facts.get("file", "")))
    told = told_by_tiff(intake.raw) if kind == TIFF else {}
    station = clean_line(told.get("station", ""))
    number = e164(station, country)
    name = str(intake.facts.get("file") or "fax.tif")
    details: dict[str, str | int] = {"file": name}
    if told.get("pages", "").isdecimal():
        details["pages"] = int(told["pages"])
    if told.get("quality"):
        details["quality"] = told["quality"]
    if station and not number:
        details["station"] = station
    return Message(
        channel=ChannelName.FAX,
        sender=Sender(address=number, name=station if not number else ""),
        attachments=(Attachment(name=name, media_type=kind, content=intake.raw),),
        details=details,
    )
