"""A correction that is not told again: what is not sent yet of the entry says it right."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from notify.announcements import Announcements, Item
from notify.campaign_words import say_anew
from notify.campaigns import CampaignContentRow, CampaignKind, CampaignRow
from notify.models import DeliveryRow, DeliveryStatus


async def reword(
    session: AsyncSession,
    words: Announcements,
    entry_id: UUID,
    items: Mapping[tuple[UUID, str], Item],
    *,
    version: int,
    expires_at: datetime | None,
) -> None:
    """Write the words of the entry's campaigns anew: a row for each language and medium.

    Parameters
    ----------
    version
        The entry's, now. Who has prepared a range with the words of another one begins anew.
    expires_at
        From when on the entry is worth nothing any more.
    """
    await _mark(session, entry_id, version, expires_at)
    query = (
        select(CampaignContentRow, CampaignRow.urgent)
        .join(CampaignRow, CampaignRow.id == CampaignContentRow.campaign_id)
        .where(CampaignRow.entry_id == entry_id, CampaignRow.withdrawn_at.is_(None))
    )
    for row, urgent in (await session.execute(query)).all():
        view = words.view(
            CampaignKind.ENTRY,
            row.language,
            [items[entry_id, row.language]],
            campaign=row.campaign_id.hex,
            urgent=urgent,
        )
        say_anew(row, words, view)
    await session.flush()


async def _mark(
    session: AsyncSession, entry_id: UUID, version: int, expires_at: datetime | None
) -> None:
    """First of all: who addresses a range just now waits, or is waited for."""
    query = (
        select(CampaignRow)
        .where(CampaignRow.entry_id == entry_id, CampaignRow.withdrawn_at.is_(None))
        .order_by(CampaignRow.id)
        .with_for_update()
    )
    campaigns = (await session.scalars(query)).all()
    moved = [row.id for row in campaigns if row.expires_at != expires_at]
    for row in campaigns:
        row.version, row.expires_at = max(row.version, version), expires_at
    await session.flush()
    if moved:
        await _move(session, moved, expires_at)


async def _move(
    session: AsyncSession, campaign_ids: Collection[UUID], expires_at: datetime | None
) -> None:
    waiting = (
        update(DeliveryRow)
        .where(
            DeliveryRow.campaign_id.in_(campaign_ids), DeliveryRow.status == DeliveryStatus.QUEUED
        )
        .values(expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )
    await session.execute(waiting)
