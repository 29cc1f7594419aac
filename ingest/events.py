"""Events: CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec), carrying ids, no bodies.

A stream is named after its one event type: ``guichet.intake.received.v1`` goes over
``intake.received``. The order on a stream is kept per ``subject``: an intake's id until a case is
known, the case's id after.
"""

from datetime import datetime
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict
from pydantic.json_schema import SkipJsonSchema

from core.ids import derived_id
from core.tracing import current
from ingest.message import ChannelName

SOURCE = "guichet"


class Data(BaseModel):
    """What an event says. Each subclass is one stream."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stream: ClassVar[str]

    @classmethod
    def of(cls, event: "Event") -> Self:
        """Read the data of an event of this stream."""
        return cls.model_validate(event.data)


class IntakeReceived(Data):
    stream: ClassVar[str] = "intake.received"
    intake_id: UUID
    channel: ChannelName


class MessageNormalized(Data):
    stream: ClassVar[str] = "message.normalized"
    message_id: UUID
    channel: ChannelName


class DocumentUnread(Data):
    """Pages of a message wait to be read: before it is routed where all that it says is on them,
    else after it is in its case."""

    stream: ClassVar[str] = "document.unread"
    message_id: UUID


class MediaAwaited(Data):
    """A message that is in its case names files, which are to be fetched from the provider."""

    stream: ClassVar[str] = "media.awaited"
    message_id: UUID


CaseChange = Literal[
    "opened",
    "message_joined",
    "sender_verified",
    "sender_doubtful",
    "claimed",
    "moved",
    "noted",
    "replied",
    "closed",
    "reopened",
    "withdrawn",
    "change_proposed",
    "change_accepted",
    "change_refused",
    "change_taken_back",
    "document_deposited",
    "delivery_failed",
    "documents_read",
    "documents_fetched",
    "documents_missing",
    "pages_changed",
    "callback_requested",
    "callback_done",
    "callback_again",
    "callback_unreachable",
    "call_linked",
    "call_ended",
    "call_missed",
    "consent_changed",
]
"""What can happen to a case."""


class CaseChanged(Data):
    """Something happened to a case; ``sequence`` counts its events from 1."""

    stream: ClassVar[str] = "case.changed"
    case_id: UUID
    reference: str
    sequence: int
    change: CaseChange
    message_id: UUID | None = None
    """The message that the change is about."""


class CallChanged(Data):
    """Something happened to a telephone call."""

    stream: ClassVar[str] = "call.changed"
    call_id: UUID
    state: str
    """``ringing``, ``answered``, ``ended`` or ``missed``."""
    agent_ids: tuple[UUID, ...] = ()
    """Whose call it is, and whose it was until now."""
    queue_id: UUID | None = None
    """Whose number was called."""


class EntryPublished(Data):
    """An entry of a topic was published, or what was published has changed."""

    stream: ClassVar[str] = "entry.published"
    entry_id: UUID
    version: int
    """The number of the version that it is about."""
    change: Literal["published", "corrected", "withdrawn"]
    urgent: bool


class AudienceSelected(Data):
    """A range of subscribers is to be told of something, by one campaign."""

    stream: ClassVar[str] = "audience.selected"
    campaign_id: UUID
    first: UUID | None = None
    """The first subscriber of the range; None: from the very first."""
    until: UUID | None = None
    """The first one after it; None: to the very last."""


class AudienceAlerted(Data):
    """The same for what is urgent, and waits for no other campaign."""

    stream: ClassVar[str] = "audience.alerted"
    campaign_id: UUID
    first: UUID | None = None
    until: UUID | None = None


class CampaignChanged(Data):
    """Something happened to a campaign, its numbers above all."""

    stream: ClassVar[str] = "campaign.changed"
    campaign_id: UUID
    change: Literal["addressed", "stopped", "resumed", "resent", "withdrawn"]


class NotificationRequested(Data):
    """One thing to tell one citizen."""

    stream: ClassVar[str] = "notification.requested"
    notification_id: UUID


class DeliveryChanged(Data):
    stream: ClassVar[str] = "delivery.changed"
    delivery_id: UUID
    status: str


def _without_default(schema: JsonDict) -> None:
    """An attribute of CloudEvents is there or not, and never null."""
    del schema["default"]


class Event(BaseModel):
    """The envelope."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str = SOURCE
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]
    traceparent: str | SkipJsonSchema[None] = Field(
        default=None,
        description="CloudEvents' distributed tracing: the W3C Trace Context of the span that the "
        "event comes from; left out when there is none.",
        exclude_if=lambda value: value is None,
        json_schema_extra=_without_default,
    )

    @property
    def stream(self) -> str:
        return stream_of(self.type)

    def follow(self, data: Data, *, key: UUID, step: str = "") -> "Event":
        """The event that handling this one leads to: its id is the same at every replay.

        ``step`` tells apart two events of one stream that follow the same event.
        """
        child = derived_id(self.id, f"{data.stream}:{step}")
        return new_event(data, key=key, id=child, time=self.time, traceparent=self.traceparent)


def new_event(
    data: Data, *, key: UUID, id: UUID, time: datetime, traceparent: str | None = None
) -> Event:
    """An event; ``key`` is the intake's or the case's id.

    It comes from the current span, or without one from ``traceparent``.
    """
    return Event.model_construct(
        id=id,
        type=f"guichet.{data.stream}.v1",
        subject=str(key),
        time=time,
        data=data.model_dump(mode="json"),
        traceparent=current() or traceparent,
    )


def stream_of(event_type: str) -> str:
    return event_type.removeprefix("guichet.").rpartition(".v")[0]
