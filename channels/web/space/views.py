"""What the pages of the personal space show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from channels.web.account.views import Mine
from channels.web.views import TrackedCasePage
from core.web import FieldError
from feeds.subscriptions import HomeEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    reference: str
    subject: str
    status: str
    received_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacePage:
    """``portal/space/space.html``: each list the newest first."""

    mine: Mine
    waiting: Sequence[CaseLine]
    """For the citizen."""
    open: Sequence[CaseLine]
    closed: Sequence[CaseLine]
    news: Sequence[HomeEntry] = ()
    """Of the topics that they follow here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A document of the wallet that can go along."""

    id: UUID
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """``portal/space/case.html``: ``message``, ``attachments``, ``item`` (many) and ``nonce``."""

    mine: Mine
    case: TrackedCasePage
    nonce: str
    message: str = ""
    wallet: Sequence[Choice] = ()
    max_upload: int
    max_files: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPage:
    """``portal/space/add.html``: ``reference`` and ``tracking_key``."""

    mine: Mine
    reference: str = ""
    tracking_key: str = ""
    errors: Sequence[FieldError] = ()
