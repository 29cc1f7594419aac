"""What an intake says once normalized. Inside the house only these nouns exist."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class ChannelName(StrEnum):
    EMAIL = "email"
    FAX = "fax"
    SCAN = "scan"
    PHONE = "phone"
    SMS = "sms"
    COUNTER = "counter"
    WEB = "web"
    OPEN311 = "open311"


ON_PAPER = frozenset({ChannelName.FAX, ChannelName.SCAN})
"""What is said there stands on the pages alone: they are read before the message is routed."""


class Trust(StrEnum):
    """What is known of a sender: nothing, until something proves it."""

    UNVERIFIED = "unverified"
    VERIFIED = "verified"
    VOUCHED = "vouched"
    """An agent of the town has them before them, or knows them, and says so by name."""


class Automatic(StrEnum):
    """Whether a person wrote it. What a machine wrote is filed, and never answered (RFC 3834)."""

    NO = "no"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    BULK = "bulk"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Sender(_Value):
    name: str = ""
    address: str = ""
    """An e-mail address in lower case, a number in E.164, or nothing."""
    phone: str = ""
    """A second way to reach them, in E.164, when they gave one."""
    trust: Trust = Trust.UNVERIFIED


class Attachment(_Value):
    """One file that came along, whole."""

    name: str
    media_type: str
    content: bytes
    content_id: str = ""
    """Set when the HTML shows it by ``cid:``."""
    inline: bool = False


class Message(_Value):
    """Sender, text, attachments, references: all that the router needs to know."""

    channel: ChannelName
    sender: Sender
    recipients: tuple[str, ...] = ()
    """Our own addresses that it was sent to, envelope first, in lower case, +tags kept."""
    subject: str = ""
    text: str = ""
    """What the person wrote this time: without quotation and signature."""
    quoted: str = ""
    """What they quoted of earlier messages, and their signature."""
    html: str | None = None
    """Sanitised; images by ``cid:`` only."""
    language: str = ""
    """ISO 639-1, when the message says so itself."""
    sent_at: datetime | None = None
    """What the message claims; the intake knows when it came."""
    message_id: str = ""
    """The RFC 5322 Message-ID with its angle brackets, or the like of another channel."""
    in_reply_to: tuple[str, ...] = ()
    """Message-IDs of In-Reply-To and References, oldest first."""
    automatic: Automatic = Automatic.NO
    attachments: tuple[Attachment, ...] = ()
    reference: str = ""
    """A reference that was promised to the citizen at acceptance (the web form does)."""
    details: Mapping[str, Any] = {}
    """What the transport tells beside: ``pages``, ``quality`` and ``station`` of a fax; ``file``
    and ``folder`` of a scan; ``queue``, the slug of the one that its folder asks for; ``split``,
    how a batch is cut into letters (``separators``, ``blank`` or ``none``); ``media``, the files
    that are to be fetched, each on a line with its type and address; ``call`` and ``seconds`` of a
    recording, and ``transcribed`` where a machine wrote the text; of a procedure's form
    ``procedure`` (slug), ``version`` and ``form``, its values by field. Of what an agent filed for
    a citizen ``by`` (the agent's name), ``identity`` (how the agent knows who it is:
    ``document``, ``known`` or ``word``), ``citizen`` (the id of one who is known), ``asked`` and
    ``allowed`` (media by which the citizen was asked, and agreed, to be notified), ``postal``;
    ``case``, the reference of the one that its citizen wrote it in, signed in."""
    notes: tuple[str, ...] = ()
    """What could not be read, for the agent: ``attachment 2: broken base64``."""
