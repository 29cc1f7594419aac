"""What the pages of the outbox show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLine:
    id: UUID
    reference: str
    kind: str
    """receipt, reply, closed or reopened"""
    to: str
    subject: str
    status: str
    """``kept`` on this page, or one of notify's."""
    error: str
    in_doubt: bool
    at: datetime
    """When it was sent; when it was written, if it was not."""
    by: str = ""
    """The sender that took it, where that is not the first of its medium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxPage:
    """``desk/outbox.html``: GET ``/agent/outbox?cursor=``"""

    desk: Desk
    mails: Sequence[OutboxLine]
    is_kept: bool
    """Whether mail stays here because no smart host is set."""
    cursor: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMailPage:
    """``desk/outbox_mail.html``"""

    desk: Desk
    mail: OutboxLine
    sender: str
    headers: Sequence[tuple[str, str]]
    text: str
    has_html: bool = False
    """Whether ``/agent/outbox/{id}/html`` shows it as it was laid out."""
    is_suppressed: bool = False
    """Whether nothing is sent to its recipient any more; POST ``…/allow`` ends that."""
