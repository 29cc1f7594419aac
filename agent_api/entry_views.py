"""What the pages show on which topics, entries and outside feeds are written and set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agent_api.views import Desk
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    id: UUID
    title: str
    status: str
    urgent: bool
    corrected: bool
    imported: bool
    at: datetime
    """When it was published, is to be, or was begun."""
    topics: Sequence[str]
    """Names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesPage:
    """``desk/entries.html``: GET ``/agent/entries?status=&before=``"""

    desk: Desk
    entries: Sequence[EntryLine]
    status: str
    counts: Mapping[str, int]
    """By status, without what is published: that grows for ever."""
    next_url: str
    sets_up: bool
    """Whether the agent may change topics and feeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    value: str
    name: str
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryEditorPage:
    """``desk/entry.html``: the form posts ``action`` to ``/agent/entries/<id>``, or without an id
    to ``/agent/entries``."""

    desk: Desk
    id: UUID | None
    status: str
    title: str
    slug: str
    revision: int
    values: Mapping[str, str]
    """Of the form's fields by name, as they were typed or are kept."""
    topics: Sequence[Choice]
    districts: Sequence[Choice]
    picture_url: str
    """Of the one that it has; empty for none."""
    case_reference: str
    source_url: str
    publish_at: datetime | None
    published_at: datetime | None
    corrected_at: datetime | None
    withdrawn_at: datetime | None
    sms_added: str
    """What every SMS about it says besides its text."""
    missing: Sequence[str] = ()
    """Names of languages that its topics are written in and it is not."""
    campaigns: Sequence["CampaignLine"] = ()
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignLine:
    id: UUID
    kind: str
    """``announcement`` or ``digest``."""
    title: str
    at: datetime
    audience: int
    paused: bool
    withdrawn: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguagePreview:
    """An entry in one language, as it is read, mailed and sent by SMS."""

    language: str
    title: str
    summary: str
    html: str
    """Sanitised."""
    mail_subject: str
    mail_text: str
    mail_url: str
    """Of the mail's HTML; empty while it is not saved."""
    sms: str
    sms_units: int
    sms_segments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCorrection:
    """What was typed of a correction, to be published or changed once more."""

    revision: int
    values: Mapping[str, str]
    topics: Sequence[str]
    lacks_picture: bool
    """Whether a picture was chosen, which no page can keep: it has to be chosen again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPreviewPage:
    """``desk/entry_preview.html``"""

    desk: Desk
    id: UUID
    urgent: bool
    place: str
    languages: Sequence[LanguagePreview]
    correction: TypedCorrection | None = None
    """None when what is shown is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    id: UUID
    slug: str
    name: str
    section: str
    public: bool
    archived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicsPage:
    """``desk/topics.html``: POST ``/agent/topics``, ``…/sections``, ``…/districts``"""

    desk: Desk
    topics: Sequence[TopicLine]
    sections: Sequence[Choice]
    districts: Sequence[Choice]
    values: Mapping[str, str]
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicEditorPage:
    """``desk/topic.html``: POST ``/agent/topics/<id>``"""

    desk: Desk
    line: TopicLine
    values: Mapping[str, str]
    languages: Sequence[Choice]
    sections: Sequence[Choice]
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    id: UUID
    url: str
    topic: str
    language: str
    publishes: bool
    enabled: bool
    fetched_at: datetime | None
    look_at: datetime
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsPage:
    """``desk/feeds.html``: POST ``/agent/feeds`` adds one; ``/agent/feeds/<id>`` acts on one."""

    desk: Desk
    feeds: Sequence[FeedLine]
    topics: Sequence[Choice]
    values: Mapping[str, str]
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """Something that the town has sent somebody."""

    at: datetime
    medium: str
    kind: str
    recipient: str
    subject: str
    status: str
    error: str
    why: str
    """Topics; empty when it is about the case."""
    campaign_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """``desk/sent.html``: GET ``/agent/cases/<reference>/sent``"""

    desk: Desk
    reference: str
    name: str
    sent: Sequence[SentLine]
