"""What the pages of the counter show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent_api.context import FilledForm
from agent_api.views import Desk
from citizens import Citizen
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterPage:
    """``desk/counter.html``: GET ``/agent/counter?form=&q=&citizen=``, POST the form."""

    desk: Desk
    token: str
    """Tells this form from every other: sent twice, it is one filing."""
    queues: Sequence[tuple[str, str]]
    """Slug and name."""
    procedures: Sequence[tuple[str, str]]
    """Slug and title of those whose forms can be filled in."""
    most: int
    """Bytes of all files together."""
    filled: FilledForm | None = None
    """The form of the procedure that was chosen; None for free text."""
    q: str = ""
    found: Sequence[Citizen] = ()
    """Whom the search found; the one who is chosen is among them."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Of the fields, as typed."""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptPage:
    """``desk/receipt.html``"""

    desk: Desk
    receipt: "Receipt"
    code: str
    """The address of the QR code's picture."""
    is_again: bool
    """Whether the form that led here had been filed before, and is different now."""
    sees_case: bool
    """Whether the case is there already, and this agent may open it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the citizen takes home."""

    reference: str
    tracking_key: str
    tracking_url: str
    town: str
    subject: str
    name: str
    email: str
    """Where a further receipt goes; empty when nowhere."""
    language: str
    agent_name: str
    at: datetime
