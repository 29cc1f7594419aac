from core.ids import new_id
from notify import CampaignRow
from notify.campaigns import CampaignContentRow, notification_id_of
from notify.models import DeliveryRow, NotificationRow
from tests.channels.web.account.building import JEANNE, PAUL, Accounts
from tests.feeds.building import Press


async def told(accounts: Accounts, address: str, title: str, why: str) -> None:
    """A campaign has told a subscriber, as the stages do."""
    clock = accounts.portal.clock
    subscriber = await Press(accounts.database, clock).subscriber(address)
    campaign = CampaignRow(
        id=new_id(),
        kind="announcement",
        entry_id=new_id(),
        version=1,
        title=title,
        urgent=False,
        wakes=False,
        audience=1,
        due_at=clock(),
        created_at=clock(),
    )
    notification = NotificationRow(
        id=notification_id_of(campaign.id, subscriber.id),
        address=address,
        cause_event_id=campaign.id,
        kind="announcement",
        language="fr",
        created_at=clock(),
    )
    content = CampaignContentRow(
        id=new_id(),
        campaign_id=campaign.id,
        language="fr",
        medium="email",
        subject=title,
        text="",
        html="",
        headers={},
    )
    delivery = DeliveryRow(
        id=new_id(),
        notification_id=notification.id,
        medium="email",
        recipient=address,
        return_path="",
        status="sent",
        due_at=clock(),
        message_id="",
        subject="",
        text="",
        html="",
        headers={},
        created_at=clock(),
        campaign_id=campaign.id,
        content_id=content.id,
        personal={"why": why},
    )
    async with accounts.database.begin() as session:
        session.add_all([campaign, notification, content, delivery])


async def test_citizens_see_what_they_were_sent_and_why_and_nothing_of_others(
    accounts: Accounts,
) -> None:
    await told(accounts, JEANNE, "Rue barrée", "Travaux")
    await told(accounts, PAUL, "Fête annulée", "Culture")
    async with accounts.citizen() as jeanne:
        page = await jeanne.get("/me/sent")
    assert "Rue barrée" in page.html
    assert "Travaux" in page.html
    assert "Fête annulée" not in page.html
