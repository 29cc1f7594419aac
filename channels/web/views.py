"""What the pages of the portal show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from cases.procedures import Change, Section
from channels.web.contact_files import KeptFile
from channels.web.topics.views import EntryCard
from core.web import FieldError

TEMPLATES = Path(__file__).parent / "templates"


Kind = Literal[
    "received",
    "sent",
    "closed",
    "reopened",
    "withdrawn",
    "proposed",
    "accepted",
    "refused",
    "taken_back",
    "deposited",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage:
    """``portal/contact.html``: the form, empty or as it was sent.

    Its fields are ``subject``, ``message``, ``email``, ``phone``, ``name``, ``attachments``
    (files), ``website`` (the honeypot: people leave it empty), ``nonce``, ``csrf`` and, when files
    of it are kept, ``kept``, their number. Its buttons are ``action``: ``send``, or ``remove:`` and
    a kept file.
    """

    nonce: str
    """Tells this rendering of the form from every other, for the hidden field."""

    subject: str = ""
    message: str = ""
    email: str = ""
    phone: str = ""
    name: str = ""
    max_upload: int
    """Bytes of all attachments together."""
    max_files: int
    files: Sequence[KeptFile] = ()
    """Chosen before, and kept."""
    kept: int = 0
    """How many these are, also where they cannot be shown now."""
    errors: Sequence[FieldError] = ()
    news: Sequence[EntryCard] = ()
    """The newest entries of public topics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThanksPage:
    """``portal/thanks.html``"""

    reference: str
    tracking_key: str
    email: str = ""
    """Where the receipt goes; empty when the citizen left a telephone number alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingPage:
    """``portal/tracking.html``: the form of ``reference`` and ``tracking_key``."""

    reference: str = ""
    tracking_key: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedDocument:
    id: UUID
    name: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedEntry:
    """One thing that happened, as the citizen may know it."""

    kind: Kind
    """``received`` from the citizen and ``sent`` by the town are messages, the rest events."""
    at: datetime
    text: str = ""
    documents: Sequence[TrackedDocument] = ()
    form: Sequence[Section] = ()
    """Of a procedure: shown in the place of the text."""
    changes: Sequence[Change] = ()
    """Of a proposal to change it."""
    open_proposal: UUID | None = None
    """That it can be taken back by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedStep:
    """A status on the way of a case; empty words are the portal's own."""

    status: str
    label: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedCasePage:
    """``portal/tracked.html``: a case as its citizen sees it."""

    reference: str
    subject: str
    status: str
    queue_name: str
    received_at: datetime
    due_at: datetime | None
    entries: Sequence[TrackedEntry]
    """Oldest first."""
    steps: Sequence[TrackedStep]
    is_withdrawn: bool = False
    """Closed by its citizen: told in no words of a procedure."""
    takes_comments: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedPage:
    """``portal/received.html``: a message that is accepted, but in no case of this reference.

    Its case is being opened; or it was added to an earlier one, which its own reference opens.
    """

    reference: str
    received_at: datetime
