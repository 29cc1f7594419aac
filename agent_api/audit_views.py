"""What the page of the audit trail shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailLine:
    """One line of the audit trail."""

    at: datetime
    who: str
    """An agent's name; empty for citizens, providers and the command line."""
    action: str
    """In the reader's words."""
    about: str
    """What it was done to, by the name that people know it by; may be empty."""
    url: str
    """Where that can be looked at; may be empty."""
    details: Sequence[tuple[str, str]]
    """Names and values, in the reader's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPage:
    """``desk/trail.html``: GET ``/agent/trail?q=&before=``"""

    desk: Desk
    query: str
    lines: Sequence[TrailLine]
    """The newest first."""
    before: str
    """Where older ones begin; empty when there are none."""
