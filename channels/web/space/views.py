"""What the pages of the personal space show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cases.procedures import Section
from channels.web.account.views import Mine
from channels.web.procedures.controls import Control
from channels.web.views import TrackedCasePage
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    reference: str
    subject: str
    status: str
    received_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A form that was begun and not sent."""

    title: str
    url: str
    saved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacePage:
    """``portal/space/space.html``: each list the newest first."""

    mine: Mine
    waiting: Sequence[CaseLine]
    """For the citizen."""
    open: Sequence[CaseLine]
    closed: Sequence[CaseLine]
    drafts: Sequence[DraftLine] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A document of the wallet that can go along."""

    id: UUID
    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedLine:
    """A document that the town waits for."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePage:
    """``portal/space/case.html``: ``message``, ``attachments``, ``wanted-<id>`` (files), ``item``
    (many) and ``nonce``."""

    mine: Mine | None
    """None on the tracking page."""
    notice: str = ""
    """Where there is no ``mine`` to say it."""
    case: TrackedCasePage
    base: str
    nonce: str
    message: str = ""
    wallet: Sequence[Choice] = ()
    wanted: Sequence[WantedLine] = ()
    may_change: bool = False
    """Whether it has a form to which changes can be proposed."""
    max_upload: int
    max_files: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """``portal/space/changes.html``: what was sent, each section with a link."""

    mine: Mine | None
    notice: str = ""
    base: str
    subject: str
    sections: Sequence[Section]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """``portal/space/change.html``: the fields of one page of the form, ``text`` and ``nonce``."""

    mine: Mine | None
    notice: str = ""
    base: str
    subject: str
    page: str
    heading: str
    controls: Sequence[Control]
    nonce: str
    text: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPage:
    """``portal/space/add.html``: ``reference`` and ``tracking_key``."""

    mine: Mine
    reference: str = ""
    tracking_key: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentLine:
    """Something that the town has sent them."""

    at: datetime
    medium: str
    kind: str
    subject: str
    status: str
    reference: str
    """Of the case that it is about; empty for what was subscribed to."""
    why: str
    """The topics by which it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPage:
    """``portal/space/sent.html``: GET ``/me/sent``"""

    mine: Mine
    sent: Sequence[SentLine]
