"""From a scanned file to a message, whose words are read from its pages later. Pure."""

from channels.kinds import kind_of
from channels.scan.arrival import UNKNOWN
from core.errors import BadInput
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Sender

KEPT = ("file", "folder", "queue", "split", "by")


def normalize(intake: Intake) -> Message:
    """Raises BadInput when it has no pages that we could read."""
    media_type = kind_of(intake.raw)
    if not media_type:
        raise BadInput(UNKNOWN, where=str(intake.facts.get("file", "")))
    name = str(intake.facts.get("file") or "scan")
    return Message(
        channel=ChannelName.SCAN,
        sender=Sender(),
        attachments=(Attachment(name=name, media_type=media_type, content=intake.raw),),
        details={key: str(intake.facts[key]) for key in KEPT if intake.facts.get(key)},
    )
