"""What the town has sent somebody, and why: about their cases, and what they have subscribed to.

Who was told by a campaign is asked of the latest campaigns by the ids that it would have: no index
of addresses is needed, which would slow every sending to many.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow
from notify.campaigns import CampaignContentRow, CampaignRow, notification_id_of
from notify.models import DeliveryRow, Medium, NotificationRow

CAMPAIGNS = 200  # the latest, which are looked at
MOST = 100  # deliveries


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery."""

    at: datetime
    medium: str
    kind: str
    recipient: str
    subject: str
    """Of a mail; of an SMS its text."""
    status: str
    last_error: str
    reference: str
    """Of the case that it is about; empty when it was subscribed to."""
    why: str
    """The topics that it was subscribed to by, by name; empty for a case."""
    campaign_id: UUID | None
    entry_id: UUID | None
    """That it tells of, when it tells of one."""


async def sent_to(
    session: AsyncSession, *, subscribers: Collection[UUID], cases: Collection[UUID]
) -> list[Sent]:
    """To these subscribers, and about these cases; the newest first. Three queries at most."""
    found: list[Sent] = []
    if cases:
        found += await _read(session, _query().where(NotificationRow.case_id.in_(cases)))
    if subscribers:
        ids = await latest_of(session, subscribers)
        found += await _read(session, _query().where(NotificationRow.id.in_(ids)))
    return sorted(found, key=lambda one: one.at, reverse=True)[:MOST]


async def latest_of(session: AsyncSession, subscribers: Collection[UUID]) -> list[UUID]:
    """The ids that the notifications of the latest campaigns to them have, if there are any."""
    latest = select(CampaignRow.id).order_by(CampaignRow.created_at.desc(), CampaignRow.id.desc())
    campaigns = (await session.scalars(latest.limit(CAMPAIGNS))).all()
    return [notification_id_of(campaign, one) for campaign in campaigns for one in subscribers]


async def topics_told(session: AsyncSession, campaign_id: UUID, subscriber_id: UUID) -> list[UUID]:
    """For which topics the campaign's mail came; none when it is not known."""
    notification_id = notification_id_of(campaign_id, subscriber_id)
    personal = await session.scalar(
        select(DeliveryRow.personal).where(
            DeliveryRow.notification_id == notification_id, DeliveryRow.medium == Medium.EMAIL
        )
    )
    return [UUID(hex=one) for one in (personal or {}).get("topics", "").split()]


async def _read(session: AsyncSession, query: Select[*tuple[Any, ...]]) -> Sequence[Sent]:
    newest = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(MOST)
    return [
        Sent(
            at=row.sent_at or row.created_at,
            medium=row.medium,
            kind=kind,
            recipient=row.recipient,
            subject=subject or text,
            status=row.status,
            last_error=row.last_error,
            reference=reference,
            why=(row.personal or {}).get("why", ""),
            campaign_id=row.campaign_id,
            entry_id=entry_id,
        )
        for row, kind, subject, text, reference, entry_id in await session.execute(newest)
    ]


def _query() -> Select[*tuple[Any, ...]]:
    content, delivery = CampaignContentRow, DeliveryRow
    return (
        select(
            delivery,
            NotificationRow.kind,
            func.coalesce(content.subject, delivery.subject),
            func.coalesce(content.text, delivery.text),
            func.coalesce(CaseRow.reference, ""),
            CampaignRow.entry_id,
        )
        .join(NotificationRow, NotificationRow.id == delivery.notification_id)
        .outerjoin(CaseRow, CaseRow.id == NotificationRow.case_id)
        .outerjoin(content, content.id == delivery.content_id)
        .outerjoin(CampaignRow, CampaignRow.id == delivery.campaign_id)
    )
