"""What the pages of topics and entries show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLink:
    slug: str
    name: str
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureView:
    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryCard:
    slug: str
    title: str
    summary: str
    language: str
    """Of its words, which may be another than the page's."""
    published_at: datetime
    corrected_at: datetime | None
    urgent: bool
    place: str
    district: str
    """Its name."""
    starts_at: datetime | None
    last_at: datetime | None
    """The end; on the last day when only days count."""
    all_day: bool
    topics: Sequence[TopicLink]
    picture: PictureView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    form: str
    url: str
    """A path."""
    media_type: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicGroup:
    """A section; without a name: the topics that stand in none."""

    slug: str
    name: str
    topics: Sequence[TopicLink]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsPage:
    """``portal/topics/topics.html``: GET ``/topics``"""

    groups: Sequence[TopicGroup]
    entries: Sequence[EntryCard]
    next_url: str
    feeds: Sequence[FeedLink]


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPage:
    """``portal/topics/topic.html``: GET ``/topics/<slug>?before=``"""

    topic: TopicLink
    entries: Sequence[EntryCard]
    first_url: str
    next_url: str
    feeds: Sequence[FeedLink]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPage:
    """``portal/topics/entry.html``: GET ``/entries/<slug>``"""

    card: EntryCard
    html: str
    """Sanitised."""
    corrections: Sequence[Correction]
    withdrawn_at: datetime | None
    source_url: str
    map_url: str
    calendar_url: str
    feeds: Sequence[FeedLink]
