"""The record's tables: queues, cases, what belongs to them and what happened to them."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class CaseStatus(StrEnum):
    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting"
    """For the citizen: the town has answered, or asked."""
    CLOSED = "closed"


class JoinedBy(StrEnum):
    """Why a message is in its case."""

    OPENING = "opening"
    REFERENCE = "reference"
    THREAD = "thread"
    DUPLICATE = "duplicate"
    MOVED = "moved"
    """An agent has moved pages here from another case."""
    REPLY = "reply"
    ACCOUNT = "account"
    """Its citizen wrote it in their space, signed in."""
    KEY = "key"
    """Somebody wrote it on the tracking page, who has shown its key."""


class QueueRow(Base):
    __tablename__ = "queues"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(Text)
    mailbox: Mapped[str] = mapped_column(Text, default="")
    """The address that the queue answers from; empty for the town's main one."""
    phone: Mapped[str] = mapped_column(String(32), default="")
    """The number that citizens call it by: E.164, or a short one of the exchange; may be empty."""
    service_level: Mapped[int]
    """Working days within which a case is due."""
    is_default: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)


Index(
    "ix_queues_phone",
    QueueRow.phone,
    unique=True,
    sqlite_where=QueueRow.phone != "",
    postgresql_where=QueueRow.phone != "",
)


class RoutingRuleRow(Base):
    __tablename__ = "routing_rules"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(index=True)
    """The smallest is asked first."""
    expression: Mapped[str] = mapped_column(Text)
    """CEL over ``message``, ``citizen`` and ``now``."""
    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)


class CaseRow(Base):
    """A case; the columns of the sender and the excerpt are the opening message's, for lists."""

    __tablename__ = "cases"
    # The id is a UUIDv7, so that the order of the ids is the order of opening: lists go by it.
    __table_args__ = (
        Index(None, "queue_id", "status", "id"),
        Index(None, "queue_id", "id"),
        Index(None, "status", "id"),
        Index(None, "channel", "id"),
        # What came last from this address.
        Index(None, "sender_address", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    keypad: Mapped[str] = mapped_column(String(8), index=True)
    """What is pressed for the reference on a telephone (:mod:`core.keypad`)."""
    subject: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(16))
    queue_id: Mapped[UUID] = mapped_column(ForeignKey("queues.id"))
    claimed_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)
    citizen_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    sender_name: Mapped[str] = mapped_column(Text)
    sender_address: Mapped[str] = mapped_column(Text)
    sender_phone: Mapped[str] = mapped_column(String(32))
    sender_trust: Mapped[str] = mapped_column(String(16))
    postal_address: Mapped[str] = mapped_column(Text, default="")
    """Where letters about it go, as on an envelope but for the name; empty when nobody said."""
    mailbox: Mapped[str] = mapped_column(Text)
    """Our address that the citizen wrote to, without its +tag: answers come from it."""
    language: Mapped[str] = mapped_column(String(8))
    excerpt: Mapped[str] = mapped_column(Text)
    automatic: Mapped[str] = mapped_column(String(16), default="no")
    """Whether a machine wrote the opening message: ``no``, ``auto-reply``, ``bounce``, ``bulk``."""
    fingerprint: Mapped[str] = mapped_column(String(64), index=True)
    """Of sender and text, to recognise the same request by another way; may be empty."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change that an agent should have seen before acting."""
    event_count: Mapped[int] = mapped_column(default=0)


class CaseMessageRow(Base):
    """That a message belongs to a case."""

    __tablename__ = "case_messages"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    joined_by: Mapped[str] = mapped_column(String(16))
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseEventRow(Base):
    """The history of a case: append-only."""

    __tablename__ = "case_events"
    __table_args__ = (UniqueConstraint("case_id", "sequence"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(Text)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    public: Mapped[bool]
    """Whether the citizen sees it."""


class CaseSearchRow(Base):
    """The words of a case, one row a message or note: an FTS5 table on SQLite, with a tsvector
    that follows the words on PostgreSQL.

    The row id is derived from what was indexed, so that a replay indexes nothing twice.
    """

    __tablename__ = "case_search"

    rowid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    case_id: Mapped[UUID]
    words: Mapped[str] = mapped_column(Text)


class CallState(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    ENDED = "ended"
    MISSED = "missed"
    """It ended, and nobody had answered."""


class CallRow(Base):
    """A telephone call, as the exchange tells of it; the numbers are what is known of them.

    A number is E.164, a short one of the exchange, or empty when it is withheld.
    """

    __tablename__ = "calls"
    __table_args__ = (Index(None, "agent_id", "started_at"), Index(None, "caller", "started_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Derived from exchange and key."""
    exchange: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(128))
    """What the exchange calls it."""
    state: Mapped[str] = mapped_column(String(16))
    outgoing: Mapped[bool] = mapped_column(default=False)
    """Whether an agent calls."""
    caller: Mapped[str] = mapped_column(String(32), default="")
    callee: Mapped[str] = mapped_column(String(32), default="")
    extension: Mapped[str] = mapped_column(String(32), default="")
    extension_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it came to this extension."""
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"))
    """Whose extension that is."""
    queue_id: Mapped[UUID | None] = mapped_column(ForeignKey("queues.id"), index=True)
    """Whose number was called."""
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """The earliest that is known of it."""
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unanswered: Mapped[bool] = mapped_column(default=False)
    """Whether it was put through, and nobody took it: a machine alone had answered."""
    voicemail: Mapped[bool] = mapped_column(default=False)
    """Whether the caller left one."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True)
    """What a missed call left for the agents."""
    version: Mapped[int] = mapped_column(default=0)
    """Grows with every change."""

    @property
    def number(self) -> str:
        """The citizen's; empty when it is withheld."""
        return self.callee if self.outgoing else self.caller

    @property
    def seconds(self) -> int:
        """How long they have talked, once it has ended."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return max(0, round((self.ended_at - self.answered_at).total_seconds()))
