"""The stream: from a raw arrival to a message, and the engines that carry events between rooms."""

from ingest.accept import Acceptance, intake_id_of
from ingest.consumer import Consumer, Engine, Handler
from ingest.embedded import EmbeddedEngine
from ingest.intake import Accept, Accepted, Arrival, Channel, Intake, Normalize
from ingest.message import Attachment, Automatic, ChannelName, Message, Sender, Trust
from ingest.stream import publish

__all__ = [
    "Accept",
    "Acceptance",
    "Accepted",
    "Arrival",
    "Attachment",
    "Automatic",
    "Channel",
    "ChannelName",
    "Consumer",
    "EmbeddedEngine",
    "Engine",
    "Handler",
    "Intake",
    "Message",
    "Normalize",
    "Sender",
    "Trust",
    "intake_id_of",
    "publish",
]
