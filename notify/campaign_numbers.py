"""How a campaign goes: the numbers on its page, each by one grouped query over an index."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import BadInput, NotThere
from notify.campaigns import CampaignRow
from notify.models import DeliveryRow, DeliveryStatus, Medium
from notify.store import GIVEN_UP

PAGE = 50  # campaigns
REASONS = 1000  # that are looked at

_OWN = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?|\+\d{7,15}|\b(?=\w*\d)\w{12,}\b")
"""Addresses, numbers and names of queue entries, which make one reason into many."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Deliveries of a campaign."""

    by_status: Mapping[DeliveryStatus, int]
    by_medium: Mapping[Medium, int]

    @property
    def accepted(self) -> int:
        """All that there are."""
        return sum(self.by_status.values())

    @property
    def sent(self) -> int:
        """What a provider has taken."""
        return self.by_status[DeliveryStatus.SENT] + self.by_status[DeliveryStatus.DELIVERED]

    @property
    def delivered(self) -> int:
        return self.by_status[DeliveryStatus.DELIVERED]

    @property
    def failed(self) -> int:
        """What was given up, for whatever reason."""
        return sum(self.by_status[status] for status in GIVEN_UP)

    @property
    def waiting(self) -> int:
        return self.by_status[DeliveryStatus.QUEUED] + self.by_status[DeliveryStatus.IN_FLIGHT]


@dataclass(frozen=True, slots=True)
class CampaignPage:
    campaigns: Sequence[CampaignRow]
    next: str | None
    """The cursor of the page after this one."""


async def campaign(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    """Raises NotThere."""
    row = await session.get(CampaignRow, campaign_id)
    if row is None:
        raise NotThere("no such campaign")
    return row


async def list_campaigns(session: AsyncSession, *, cursor: str = "") -> CampaignPage:
    """The newest first. Raises BadInput when the cursor is not ours."""
    query = select(CampaignRow).order_by(CampaignRow.created_at.desc(), CampaignRow.id.desc())
    if cursor:
        last = await _row_at(session, cursor)
        query = query.where(
            tuple_(CampaignRow.created_at, CampaignRow.id) < tuple_(last.created_at, last.id)
        )
    rows = list(await session.scalars(query.limit(PAGE + 1)))
    return CampaignPage(rows[:PAGE], rows[PAGE - 1].id.hex if len(rows) > PAGE else None)


async def campaigns_of_entry(session: AsyncSession, entry_id: UUID) -> list[CampaignRow]:
    """The newest first."""
    query = select(CampaignRow).where(CampaignRow.entry_id == entry_id)
    return list(await session.scalars(query.order_by(CampaignRow.created_at.desc())))


def counting(campaign_id: UUID) -> Select[str, str, int]:
    """All three columns are in one index: of 100,000 deliveries no row is read."""
    return (
        select(DeliveryRow.status, DeliveryRow.medium, func.count())
        .where(DeliveryRow.campaign_id == campaign_id)
        .group_by(DeliveryRow.status, DeliveryRow.medium)
    )


async def numbers_of(session: AsyncSession, campaign_id: UUID) -> Numbers:
    query = counting(campaign_id)
    by_status, by_medium = dict.fromkeys(DeliveryStatus, 0), dict.fromkeys(Medium, 0)
    for status, medium, count in await session.execute(query):
        by_status[DeliveryStatus(status)] += count
        by_medium[Medium(medium)] += count
    return Numbers(by_status, by_medium)


async def failures_of(session: AsyncSession, campaign_id: UUID) -> list[tuple[str, int]]:
    """The reasons for which deliveries were given up, the most frequent first."""
    query = (
        select(DeliveryRow.last_error, func.count())
        .where(DeliveryRow.campaign_id == campaign_id, DeliveryRow.status.in_(GIVEN_UP))
        .group_by(DeliveryRow.last_error)
        .limit(REASONS)
    )
    counts: Counter[str] = Counter()
    for reason, count in await session.execute(query):
        counts[_OWN.sub("…", reason)] += count
    return counts.most_common()


async def _row_at(session: AsyncSession, cursor: str) -> CampaignRow:
    try:
        row = await session.get(CampaignRow, UUID(hex=cursor))
    except ValueError:
        row = None
    if row is None:
        raise BadInput("the cursor is not one of ours", where="cursor")
    return row
