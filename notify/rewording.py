"""A correction that is not told again: what is not sent yet of the entry says it right."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from notify.announcements import Announcements, Item
from notify.campaigns import CampaignContentRow, CampaignKind, CampaignRow
from notify.models import Medium


async def reword(
    session: AsyncSession,
    words: Announcements,
    entry_id: UUID,
    items: Mapping[tuple[UUID, str], Item],
) -> None:
    """Write the words of the entry's campaigns anew: a row for each language and medium."""
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
        if row.medium == Medium.SMS:
            row.text = words.sms(view)
        else:
            mail = words.mail(view)
            row.subject, row.text, row.html = mail.subject, mail.text, mail.html
    await session.flush()
