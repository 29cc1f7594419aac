"""The ledger's tables: what came, what it says, what is to be done, what has been done."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class IntakeRow(Base):
    """One raw arrival, immutable."""

    __tablename__ = "intakes"
    __table_args__ = (UniqueConstraint("channel", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    key: Mapped[str] = mapped_column(String(128))
    raw_sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class MessageRow(Base):
    """What was said: by a citizen (direction ``in``, it has an intake) or to one (``out``)."""

    __tablename__ = "messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    intake_id: Mapped[UUID | None] = mapped_column(ForeignKey("intakes.id"), unique=True)
    direction: Mapped[str] = mapped_column(String(3))
    channel: Mapped[str] = mapped_column(String(16))
    sender_name: Mapped[str] = mapped_column(Text, default="")
    sender_address: Mapped[str] = mapped_column(Text, default="")
    sender_phone: Mapped[str] = mapped_column(String(32), default="")
    sender_trust: Mapped[str] = mapped_column(String(16), default="unverified")
    authentication: Mapped[dict[str, str] | None] = mapped_column(JSON(none_as_null=True))
    """What was found out about the sender: ``spf``, ``dkim``, ``dmarc`` (RFC 8601), ``domain``;
    None until it was asked, or where nothing can be."""
    recipients: Mapped[list[str]] = mapped_column(JSON, default=list)
    subject: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    quoted: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="")
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rfc_message_id: Mapped[str] = mapped_column(Text, default="")
    in_reply_to: Mapped[list[str]] = mapped_column(JSON, default=list)
    automatic: Mapped[str] = mapped_column(String(16), default="no")
    reference: Mapped[str] = mapped_column(String(16), default="")
    """Promised at acceptance; empty when the router is to choose one."""
    cut_from: Mapped[UUID | None] = mapped_column(ForeignKey("intakes.id"), index=True)
    """Of a letter in a scanned batch, but the first: the batch's intake, which is the first's."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What the transport and the pages tell beside: see :class:`ingest.message.Message`; and
    ``codes``, the bar codes on the pages, and ``cover``, whether the first one is a cover page."""
    letter: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What reading the pages suggests: ``sender``, ``date``, ``subject``, ``references``,
    ``language``, each with ``value`` and ``confidence`` (0 to 100); None until they are read."""
    notes: Mapped[list[str]] = mapped_column(JSON, default=list)


# Only a message that names itself can be found by its name.
Index(
    "ix_messages_rfc_message_id",
    MessageRow.rfc_message_id,
    sqlite_where=MessageRow.rfc_message_id != "",
    postgresql_where=MessageRow.rfc_message_id != "",
)


Index(
    "ix_messages_reference",
    MessageRow.reference,
    sqlite_where=MessageRow.reference != "",
    postgresql_where=MessageRow.reference != "",
)


class Reading(StrEnum):
    UNREAD = "unread"
    READ = "read"
    LOCKED = "locked"
    """It takes a password."""
    FAILED = "failed"


class DocumentRow(Base):
    """One file of a message."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("message_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    content_id: Mapped[str] = mapped_column(Text, default="")
    inline: Mapped[bool] = mapped_column(default=False)
    malware: Mapped[str] = mapped_column(Text, default="")
    """What a virus scanner found in it; nobody is given such a file."""
    reading: Mapped[str] = mapped_column(String(16), default="")
    """Whether its pages are read: one of :class:`Reading`; empty for what has no pages."""
    problem: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be read, or not whole."""
    unlocked_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    """The same without its password, which an agent has given."""


def same_file(origin: DocumentRow, *, id: UUID, message_id: UUID, position: int) -> DocumentRow:
    """A further document of a file that is there: it has pages of its own, as they were read."""
    return DocumentRow(
        id=id,
        message_id=message_id,
        position=position,
        name=origin.name,
        media_type=origin.media_type,
        size=origin.size,
        sha256=origin.sha256,
        unlocked_sha256=origin.unlocked_sha256,
        reading=origin.reading,
        problem=origin.problem,
    )


class PageRow(Base):
    """One page of a document: where it is in which file, and what is read on it.

    A document's pages may be put in order, turned and moved; the files stay as they came.
    """

    __tablename__ = "pages"
    __table_args__ = (Index(None, "document_id", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    position: Mapped[int]
    """Where it stands in the document, from 0."""
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    """The file that it is in: as it came, or repaired, or unlocked."""
    number: Mapped[int]
    """Its place in that file, from 0."""
    rotation: Mapped[int] = mapped_column(default=0)
    """Degrees clockwise that make it upright: 0, 90, 180 or 270."""
    turned: Mapped[bool] = mapped_column(default=False)
    """Whether an agent chose the rotation."""
    removed: Mapped[bool] = mapped_column(default=False)
    """Taken out of the document: by an agent, or as a separator sheet."""
    reading: Mapped[str] = mapped_column(String(16))
    """``unread``, ``read`` or ``failed``."""
    source: Mapped[str] = mapped_column(String(16), default="")
    """``text-layer`` or ``ocr``."""
    confidence: Mapped[int] = mapped_column(default=0)
    """Of the words together, 0 to 100."""
    blank: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[list[list[Any]]] = mapped_column(JSON, default=list, deferred=True)
    """``[text, confidence, left, top, width, height]``, in fractions of the upright page."""
    codes: Mapped[list[str]] = mapped_column(JSON, default=list)
    """What its bar codes say."""


class StreamRow(Base):
    """The ledger of events: append-only, written in the transaction of what they tell.

    It is the outbox of every transaction, and on the embedded engine also the log that the
    consumers read, so that an event is written once.
    """

    __tablename__ = "stream"
    __table_args__ = (
        Index(None, "stream", "seq"),
        # Whether an event would overtake another of its key is asked of what Kafka brings.
        Index(None, "key", "seq").ddl_if(dialect="postgresql"),
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[UUID] = mapped_column(unique=True)
    stream: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(64))
    event: Mapped[str] = mapped_column(Text)
    """The CloudEvent, as JSON."""


class OutboxRow(Base):
    """An event of the ledger on its way through Kafka, until every consumer has handled it.

    Only PostgreSQL has rows here: the embedded engine reads the ledger itself.
    """

    __tablename__ = "outbox"

    seq: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("stream.seq"), primary_key=True, autoincrement=False
    )
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When Kafka had it; None while it has to be published."""
    partition: Mapped[int | None]
    offset: Mapped[int | None] = mapped_column(BigInteger)


class CursorRow(Base):
    """How far a consumer has come on its stream."""

    __tablename__ = "cursors"

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


class ProcessedRow(Base):
    """That a consumer's effect of an event is in the store."""

    __tablename__ = "processed"

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class RetryRow(Base):
    """An event that a consumer failed on, or that waits behind such a one of the same key."""

    __tablename__ = "retries"
    __table_args__ = (Index(None, "consumer", "key"), Index(None, "consumer", "due_at"))

    consumer: Mapped[str] = mapped_column(String(64), primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuarantineRow(Base):
    """An event that was given up on, for an agent to see, retry or file by hand."""

    __tablename__ = "quarantine"
    __table_args__ = (
        UniqueConstraint("consumer", "event_id"),
        Index(None, "resolved_at", "quarantined_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    consumer: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[UUID]
    event: Mapped[str] = mapped_column(Text)
    intake_id: Mapped[UUID | None] = mapped_column(ForeignKey("intakes.id"), index=True)
    error: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int]
    quarantined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolution: Mapped[str] = mapped_column(String(32), default="")
    """``retried`` or ``filed by hand``; empty while it is open."""
