"""What the pages of subscriptions show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicChoice:
    """A topic, and how it is told now."""

    id: UUID
    slug: str
    name: str
    summary: str = ""
    email: str = ""
    """A cadence; empty when no mail comes."""
    sms: bool = False
    home: bool = False
    chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictChoice:
    slug: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribePage:
    """``portal/subscriptions/subscribe.html``: two forms, by mail and by SMS."""

    topic: TopicChoice
    others: Sequence[TopicChoice]
    districts: Sequence[DistrictChoice]
    district: str = ""
    account: str = ""
    """The address of who is signed in: nothing is to be proven then."""
    sends_sms: bool
    email: str = ""
    phone: str = ""
    cadence: str = "immediate"
    hour: int
    weekday: int = 0
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPage:
    """``portal/subscriptions/asked.html``: a link is on its way."""

    kept: bool
    """Whether the town has no mail server yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePage:
    """``portal/subscriptions/code.html``"""

    token: str
    number: str
    town_number: str
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPage:
    """``portal/subscriptions/confirm.html``: a button, because programs open links in mails too."""

    token: str
    address: str
    topics: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    act: str
    topic: str
    medium: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferencesPage:
    """``portal/subscriptions/preferences.html``

    Its fields are ``email-<slug>``, ``sms-<slug>`` and ``home-<slug>``, and one for each attribute
    below that is a choice; ``shown_hour``, ``shown_weekday`` and ``shown_district`` say what these
    were on the page.
    """

    token: str
    email: str
    """Masked, like the number: a mail is passed on sometimes."""
    phone: str
    account: bool
    sms_stopped: bool
    email_stopped: bool
    """They have called a mail spam; subscribing anew takes it back."""
    town_number: str
    topics: Sequence[TopicChoice]
    districts: Sequence[DistrictChoice]
    district: str
    hour: int
    weekday: int
    quiet_from: int | None
    quiet_until: int | None
    language: str
    history: Sequence[HistoryLine]
    notice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnsubscribePage:
    """``portal/subscriptions/unsubscribe.html``: asks, or says that it is done."""

    token: str
    campaign: str
    topics: Sequence[str]
    done: bool = False
