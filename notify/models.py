"""What citizens are told, and by which way it went."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class Kind(StrEnum):
    """What a notification tells; each has its templates."""

    RECEIPT = "receipt"
    REPLY = "reply"
    CLOSED = "closed"
    REOPENED = "reopened"
    ACCEPTED = "accepted"
    """A change that the citizen proposed is in the form."""
    REFUSED = "refused"


class AccountKind(StrEnum):
    """What a mail about an account tells (:mod:`notify.account_mail`)."""

    REGISTER = "register"
    """The link that opens it."""
    KNOWN = "known"
    """There is one already, said to its owner alone."""
    RECOVER = "recover"
    """The link to a new password."""
    EMAIL = "email"
    """The link that proves another address."""
    SECURED = "secured"
    """Something that protects it was changed."""
    EXPIRING = "expiring"
    """A document of the wallet runs out."""
    SUBSCRIBE = "subscribe"
    """The link that confirms a subscription."""
    DEPOSITED = "deposited"
    """The town has put a document into the wallet."""
    CODE = "code"
    """By SMS, the code that proves a number (:mod:`notify.account_texts`)."""


class Medium(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"
    """No sender takes it: it waits until an agent prints it (:mod:`notify.letters`)."""
    PUSH = "push"
    """To a browser in which its citizen wants to be told (:mod:`notify.devices`)."""


class Priority(IntEnum):
    """Who goes first; of one priority the longest due."""

    URGENT = 0
    """A storm is coming."""
    CASE = 1
    """What somebody waits for: an answer, a link."""
    BULK = 2
    """A campaign."""
    DIGEST = 3


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    """Waits for its ``due_at``, the first time or again."""
    IN_FLIGHT = "in_flight"
    """Handed to the provider, whose answer is not written down yet."""
    SENT = "sent"
    """The provider has taken it."""
    DELIVERED = "delivered"
    """The provider says that it has arrived."""
    FAILED = "failed"
    """Given up; ``last_error`` says why, as it does of those below."""
    BOUNCED = "bounced"
    """The provider had taken it, and sent word that it could not be delivered."""
    EXPIRED = "expired"
    """Its ``expires_at`` came first: it was worth nothing any more."""
    SUPPRESSED = "suppressed"
    """Not sent, because an earlier one to this address came back (:mod:`notify.suppressions`)."""


def _where(condition: str) -> dict[str, Any]:
    """Of an index that has a part of the rows alone."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


OF_AN_ACCOUNT = "case_id IS NULL AND kind NOT IN ('announcement', 'digest')"
"""Said to the index and in the query alike, and without parameters: else it would not do."""


class NotificationRow(Base):
    """One thing to tell one citizen. Its id derives from the event that caused it."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("cause_event_id", "address"),
        # Those of campaigns, by far the most, are not in it: it slows no sending to many.
        Index("ix_notifications_of_accounts", "address", **_where(OF_AN_ACCOUNT)),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    address: Mapped[str] = mapped_column(Text)
    """The citizen's: an e-mail address, a number in E.164, of a letter name and address, a line
    each, or ``push:`` and the id of a device."""
    cause_event_id: Mapped[UUID]
    """The event on the stream; for a case it is also the id of its ``case_events`` row."""
    kind: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DeliveryRow(Base):
    """One attempt-tracked sending of a notification by one medium, with all that is sent.

    The content is kept as it was rendered, so that every attempt sends the same bytes.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "medium"),
        Index("ix_deliveries_in_flight", "claimed_by", **_where("status = 'in_flight'")),
        Index("ix_deliveries_failed", "due_at", **_where("status = 'failed'")),
        Index(None, "created_at", "id"),
        Index("ix_deliveries_queue", "medium", "priority", "due_at", **_where("status = 'queued'")),
        Index(
            "ix_deliveries_expiring",
            "expires_at",
            **_where("status = 'queued' AND expires_at IS NOT NULL"),
        ),
        # Its numbers are counted in it alone. For what is of no campaign it costs nothing.
        Index(None, "campaign_id", "status", "medium", **_where("campaign_id IS NOT NULL")),
        # None by ``content_id``: nobody looks by it, and each mail of a campaign would be written
        # into it twice more on PostgreSQL, at the place where all the others are.
        Index(None, "batch_id", **_where("batch_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notification_id: Mapped[UUID] = mapped_column(ForeignKey("notifications.id"))
    medium: Mapped[str] = mapped_column(String(16))
    recipient: Mapped[str] = mapped_column(Text)
    return_path: Mapped[str] = mapped_column(Text)
    """Where the provider reports what could not be delivered (RFC 5321, reverse-path)."""
    status: Mapped[str] = mapped_column(String(16), default=DeliveryStatus.QUEUED)
    claimed_by: Mapped[UUID | None]
    """The dispatcher that has it in flight."""
    attempts: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[int] = mapped_column(default=0)
    """How often a crash left it in flight, or its answer was lost: it may have gone out twice."""
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.CASE)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is worth nothing any more; None for never."""
    sender: Mapped[str] = mapped_column(String(32), default="")
    """The name of the sender that has it, or had it last."""
    declined_by: Mapped[str] = mapped_column(Text, default="")
    """Names of senders that would not carry it for reasons of their own, a space between."""
    failed_over: Mapped[bool] = mapped_column(default=False)
    """Whether it went by another sender than the first of its medium."""
    provider_id: Mapped[str] = mapped_column(Text, default="")
    """What the provider calls it, or said when it took it."""
    last_error: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(Text)
    """The Message-ID header with its angle brackets; the same at every attempt."""
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    headers: Mapped[dict[str, str]] = mapped_column(JSON)
    """The other headers, From among them."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    traceparent: Mapped[str | None] = mapped_column(String(64))
    """The span that queued it (:mod:`core.tracing`)."""
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("letter_batches.id"))
    """Of a letter the batch in which it was printed."""
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaigns.id"))
    """The campaign that it is part of (:mod:`notify.campaigns`)."""
    content_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaign_contents.id"))
    """Of a campaign, where the words are: they are the same for many."""
    personal: Mapped[dict[str, str] | None] = mapped_column(JSON)
    """Of a mail of a campaign what is put into the words for this recipient alone, ``token`` and
    ``why`` (:mod:`notify.filling`), and the ids of the ``topics`` that it came for, in hexadecimal
    with a space between."""


class LetterBatchRow(Base):
    """Letters that an agent printed together."""

    __tablename__ = "letter_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_name: Mapped[str] = mapped_column(Text)


class DispatcherRow(Base):
    """A dispatcher at work; what one that is no longer seen had in flight is in doubt."""

    __tablename__ = "dispatchers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
