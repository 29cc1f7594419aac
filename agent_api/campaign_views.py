"""What the pages show that tell how a sending to many goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from agent_api.entry_views import CampaignLine
from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignsPage:
    """``desk/campaigns.html``: GET ``/agent/campaigns?cursor=``"""

    desk: Desk
    campaigns: Sequence[CampaignLine]
    cursor: str
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One colour of the progress bar, in hundredths of its length."""

    kind: str
    start: float
    length: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressView:
    """``desk/campaign_progress.html``: the numbers, which change while a page looks."""

    id: UUID
    accepted: int
    waiting: int
    sent: int
    """Taken by a provider, what has arrived included."""
    delivered: int
    failed: int
    percent: int
    """Of what is settled, one way or the other."""
    bars: Sequence[Bar]
    media: Sequence[tuple[str, int]]
    reasons: Sequence[tuple[str, int]]
    left: int
    """Subscriptions that its mails have ended."""
    state: str
    """``running``, ``stopped``, ``withdrawn``, ``expired`` or ``done``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignPage:
    """``desk/campaign.html``: POST ``action`` ``stop``, ``resume`` or ``resend``."""

    desk: Desk
    line: CampaignLine
    entry_id: UUID | None
    version: int
    urgent: bool
    expires_at: datetime | None
    progress: ProgressView
