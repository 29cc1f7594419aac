"""What the pages of the quarantine show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineLine:
    id: UUID
    channel: str
    """Empty when no intake is behind it."""
    sender: str
    summary: str
    """One line of what is known: the recipient, the file's name …"""
    error: str
    """Its first line."""
    attempts: int
    quarantined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinePage:
    """``desk/quarantine.html``"""

    desk: Desk
    items: Sequence[QuarantineLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineItemPage:
    """``desk/quarantine_item.html``: POST ``…/retry``, and ``…/file`` with ``subject``."""

    desk: Desk
    item: QuarantineLine
    step: str
    """The consumer that gave up."""
    facts: Sequence[tuple[str, str]]
    error: str
    """Whole."""
    event: str
    """Its CloudEvent, as indented JSON."""
    has_raw: bool
    """Whether ``…/raw`` has the intake to download."""
    can_file: bool
    """Whether it may be filed by hand: it was never read."""
    problem: str = ""
    """Why the last action was not done."""
