"""Who wants to hear of which topics, by which medium and how often, and the proof that they do."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class Medium(StrEnum):
    HOME = "home"
    """On the first page of the citizen's space."""
    EMAIL = "email"
    SMS = "sms"


class Cadence(StrEnum):
    IMMEDIATE = "immediate"
    DAILY = "daily"
    WEEKLY = "weekly"


class Act(StrEnum):
    """What somebody did about a subscription."""

    ASKED = "asked"
    """Somebody typed the address in; nothing is sent yet but the link or the code."""
    CONFIRMED = "confirmed"
    CHANGED = "changed"
    IMPORTED = "imported"
    ENDED = "ended"


class SubscriberRow(Base):
    """Somebody who is told of entries. Every address here has been proven, or was imported with
    the proof that its owner agreed."""

    __tablename__ = "subscribers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), unique=True)
    email: Mapped[str | None] = mapped_column(Text, unique=True)
    phone: Mapped[str | None] = mapped_column(Text, unique=True)
    """In E.164."""
    language: Mapped[str] = mapped_column(String(8))
    quiet_from: Mapped[int | None]
    """The local hour from which no SMS comes; None when there is no such time."""
    quiet_until: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubscriptionRow(Base):
    """Subscriber × topic × medium, and how often."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "topic_id", "medium"),
        Index(None, "topic_id", "subscriber_id"),
        Index(None, "due_at", "subscriber_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber_id: Mapped[UUID] = mapped_column(ForeignKey("subscribers.id"))
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"))
    medium: Mapped[str] = mapped_column(String(16))
    cadence: Mapped[str] = mapped_column(String(16))
    hour: Mapped[int]
    """Of the digest, in the town's time."""
    weekday: Mapped[int]
    """Of the weekly digest: 0 is Monday."""
    district: Mapped[str] = mapped_column(String(64), default="")
    """Slug of the only one whose entries are wanted, besides those for all; empty for every one."""
    told_until: Mapped[datetime] = mapped_column(UtcDateTime)
    """What was published until then was in a digest, or came before the subscription."""
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the next digest goes out; None for what comes at once, but for a last one of what was
    gathered before it did. What came at once since ``told_until`` the lines of the proof tell."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SubscriptionRequestRow(Base):
    """What somebody asked for who has not proven their address yet."""

    __tablename__ = "subscription_requests"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text, index=True)
    medium: Mapped[str] = mapped_column(String(16))
    wishes: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    language: Mapped[str] = mapped_column(String(8))
    code_hash: Mapped[str] = mapped_column(String(64), default="")
    """Of the code that was sent by SMS."""
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SubscriberImportRow(Base):
    """An earlier list that an agent has put in, and how far it is taken over."""

    __tablename__ = "subscriber_imports"
    __table_args__ = (Index(None, "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agent_id: Mapped[UUID] = mapped_column(ForeignKey("agents.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    """Of the file."""
    lines: Mapped[int]
    """About: a line of the list may be several of the file."""
    done: Mapped[int] = mapped_column(default=0)
    taken: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)
    problems: Mapped[list[tuple[int, str, str]]] = mapped_column(JSON)
    """Line, reason and the word it is about, of the first ones that were left out."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it came on for the last time."""
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sha256: Mapped[str | None] = mapped_column(String(64))
    """The list itself, a blob of its own, while it is taken over."""


class ConsentRow(Base):
    """One line of the proof of who agreed to what; lines are added and never changed."""

    __tablename__ = "subscription_consents"
    __table_args__ = (Index(None, "subscriber_id", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscriber_id: Mapped[UUID] = mapped_column(ForeignKey("subscribers.id"))
    address: Mapped[str] = mapped_column(Text)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), index=True)
    medium: Mapped[str] = mapped_column(String(16))
    cadence: Mapped[str] = mapped_column(String(16))
    act: Mapped[str] = mapped_column(String(16))
    how: Mapped[str] = mapped_column(String(32))
    """``link``, ``code``, ``account``, ``preferences``, ``one-click``, ``import``,
    ``moved`` (another account has proven the address) or ``complaint``."""
    source: Mapped[str] = mapped_column(Text, default="")
    """Of an imported one, where the town has the original."""
    said_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When it was said; for an imported one long before ``at``."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    campaign_id: Mapped[UUID | None] = mapped_column(index=True)
    """Of the mail whose link ended it."""
