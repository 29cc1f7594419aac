"""A campaign whose mails are queued."""

from datetime import timedelta

from sqlalchemy import insert

from core.ids import new_id
from feeds.subscriptions.audience import Reader
from notify import Medium
from notify.addressed import Sheet, Told
from notify.campaigns import CampaignContentRow, CampaignKind, CampaignRow
from notify.models import DeliveryRow, NotificationRow
from tests.notify.building import Desk


async def queue_many(desk: Desk, many: int) -> None:
    """As its stages write them, for so many readers."""
    now, entry = desk.clock(), new_id()
    campaign = CampaignRow(
        id=new_id(),
        kind=CampaignKind.ENTRY,
        entry_id=entry,
        version=1,
        title="Travaux",
        urgent=False,
        wakes=False,
        audience=many,
        due_at=now,
        created_at=now,
        expires_at=now + timedelta(days=2),
    )
    content = CampaignContentRow(
        id=new_id(),
        campaign_id=campaign.id,
        language="fr",
        medium=Medium.EMAIL,
        subject="Travaux",
        text="Travaux",
        html="",
        headers={"From": "mairie@demo.example"},
    )
    sheet = Sheet(campaign, now, None, "mairie@demo.example", "demo.example")
    told = [
        Told(
            Reader(
                subscriber=new_id(),
                account=None,
                language="fr",
                email=f"{number}@citizens.example",
                phone="",
                sms_at=now,
                entries=(entry,),
                why="",
                topics=(),
                token="",
            ),
            notification_id=new_id(),
            language="fr",
            contents=[(Medium.EMAIL, content.id)],
        )
        for number in range(many)
    ]
    async with desk.database.begin() as session:
        session.add_all([campaign, content])
        await session.flush()
        notifications = [row for one in told for row in sheet.notifications(one)]
        await session.execute(insert(NotificationRow), notifications)
        deliveries = [row for one in told for row in sheet.deliveries(one)]
        await session.execute(insert(DeliveryRow), deliveries)
