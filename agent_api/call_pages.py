"""The pages about telephone calls, made of :mod:`agent_api.call_views`."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_api.call_views import CallCard, CallDraft
from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsPage:
    """``desk/calls.html``: those that go on first, then the newest."""

    desk: Desk
    calls: Sequence[CallCard]
    has_extension: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsPart:
    """``desk/call_cards.html``: GET ``/agent/calls/card``"""

    calls: Sequence[CallCard]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """``desk/call.html``: POST ``…/cases`` with ``version``, ``subject``, ``text``, ``name`` and
    ``queue``; ``…/link`` with ``reference``."""

    desk: Desk
    call: CallCard
    queues: Sequence[tuple[str, str]]
    """Slug and name."""
    draft: CallDraft
