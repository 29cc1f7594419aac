"""Topics, their entries, and where entries come from besides the desk."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, UtcDateTime


class EntryStatus(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class SectionRow(Base):
    """What topics stand under, on the page that lists them."""

    __tablename__ = "sections"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    """By language."""
    position: Mapped[int] = mapped_column(default=0)


class DistrictRow(Base):
    """A part of the town, which an entry can be about and a subscription be narrowed to."""

    __tablename__ = "districts"

    slug: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(default=0)


class TopicRow(Base):
    """A themed feed."""

    __tablename__ = "topics"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    names: Mapped[dict[str, str]] = mapped_column(JSON)
    """By language."""
    summaries: Mapped[dict[str, str]] = mapped_column(JSON)
    """What it is about, in one sentence, by language."""
    languages: Mapped[list[str]] = mapped_column(JSON)
    """In which its entries are written."""
    section_id: Mapped[UUID | None] = mapped_column(ForeignKey("sections.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    public: Mapped[bool] = mapped_column(default=True)
    """Whether everybody may read and subscribe to it."""
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Since then nothing new is published in it, and no list shows it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When what its feeds say changed for the last time."""


class EntryRow(Base):
    """One item published in topics; what it says is in its versions.

    Until it is published the first version is a draft that changes; after that each correction is
    a version of its own.
    """

    __tablename__ = "entries"
    __table_args__ = (
        Index(None, "status", "publish_at"),
        Index(None, "status", "published_at", "id"),
        Index(None, "status", "id"),
        UniqueConstraint("outside_feed_id", "guid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(96), unique=True)
    """In the address of its page, for ever."""
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(default=1)
    """Number of the version that is shown."""
    revision: Mapped[int] = mapped_column(default=1)
    """Grows with every change that an agent should have seen before acting."""
    urgent: Mapped[bool] = mapped_column(default=False)
    """Whether it goes out at once, to those with a digest too."""
    district: Mapped[str] = mapped_column(String(64), default="")
    """Slug of the one that it is about; empty for the whole town."""
    place: Mapped[str] = mapped_column(Text, default="")
    """Where, as people say it."""
    latitude: Mapped[float | None]
    """Degrees (WGS 84), with the longitude or not at all."""
    longitude: Mapped[float | None]
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From when on what it tells of is so; None when it has no date."""
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When that ends: with ``all_day`` the midnight after the last day."""
    all_day: Mapped[bool] = mapped_column(default=True)
    """Whether only the days count, in the town's time zone."""
    image_sha256: Mapped[str | None] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    """A JPEG that we drew."""
    image_size: Mapped[int] = mapped_column(default=0)
    """Bytes."""
    image_width: Mapped[int] = mapped_column(default=0)
    image_height: Mapped[int] = mapped_column(default=0)
    publish_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is to be published, while it is scheduled."""
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was, for the first time."""
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """From then on nobody is told of it any more; its page stays."""
    outside_feed_id: Mapped[UUID | None] = mapped_column(ForeignKey("outside_feeds.id"))
    """Where it was imported from, with ``guid``."""
    guid: Mapped[str | None] = mapped_column(Text)
    """What the outside feed calls it."""
    source_url: Mapped[str] = mapped_column(Text, default="")
    """Its page elsewhere, when it was imported."""
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"), index=True)
    """The case that it was made of."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)


class EntryVersionRow(Base):
    """What a version of an entry says in one language."""

    __tablename__ = "entry_versions"

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    summary: Mapped[str] = mapped_column(Text, default="")
    """One or two sentences, for lists and digests; plain."""
    body: Mapped[str] = mapped_column(Text)
    """Markdown, as it was written."""
    html: Mapped[str] = mapped_column(Text)
    """The same, sanitised, safe to be shown."""
    sms: Mapped[str] = mapped_column(Text, default="")
    """Its own short text; empty where the title does."""
    image_alt: Mapped[str] = mapped_column(Text, default="")
    correction: Mapped[str] = mapped_column(Text, default="")
    """What was put right, for readers; empty in the first version."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_id: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)


class EntryTopicRow(Base):
    """That an entry stands in a topic."""

    __tablename__ = "entry_topics"
    __table_args__ = (Index(None, "topic_id", "published_at", "entry_id"),)

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("entries.id"), primary_key=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), primary_key=True)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The entry's, while it is published: what a topic's page lists."""


class OutsideFeedRow(Base):
    """An RSS or Atom feed of somebody else's, whose items become entries of a topic."""

    __tablename__ = "outside_feeds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text, unique=True)
    topic_id: Mapped[UUID] = mapped_column(ForeignKey("topics.id"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    publishes: Mapped[bool] = mapped_column(default=False)
    """Whether its items are published as they come; else they come as drafts."""
    enabled: Mapped[bool] = mapped_column(default=True)
    etag: Mapped[str] = mapped_column(Text, default="")
    last_modified: Mapped[str] = mapped_column(Text, default="")
    look_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    """When it is fetched next."""
    fetched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    """One after another."""
    problem: Mapped[str] = mapped_column(Text, default="")
    """Why it could not be read the last time; empty when it could."""
    passed_over: Mapped[list[list[str]]] = mapped_column(JSON, default=list)
    """What it had at first and what did not come, and names that its entries had with another text
    (:class:`feeds.known.Passed`): that is no news later."""


class HubPingRow(Base):
    """That the WebSub hub is to be told of news in a feed (https://www.w3.org/TR/websub/)."""

    __tablename__ = "hub_pings"

    feed_url: Mapped[str] = mapped_column(Text, primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    asked: Mapped[int] = mapped_column(default=1)
    """Grows with every piece of news: a ping that was on its way then does not count for it."""
