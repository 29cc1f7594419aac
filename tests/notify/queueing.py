"""A campaign whose mails are queued."""

from datetime import timedelta

from sqlalchemy import insert

from core.ids import new_id
from notify import Medium
from notify.campaigns import CampaignContentRow, CampaignRow
from notify.models import DeliveryRow, NotificationRow, Priority
from tests.notify.building import Desk


async def queue_many(desk: Desk, many: int) -> None:
    """The mails of a campaign, as its stages write them."""
    now, campaign, content = desk.clock(), new_id(), new_id()
    notifications = [new_id() for _ in range(many)]
    async with desk.database.begin() as session:
        of_campaign = {"id": campaign, "kind": "announcement", "entry_id": new_id(), "version": 1}
        told = {"title": "Travaux", "urgent": False, "wakes": False, "audience": many}
        times = {"due_at": now, "created_at": now, "expires_at": now + timedelta(days=2)}
        await session.execute(insert(CampaignRow).values(**of_campaign, **told, **times))
        words = {
            "subject": "Travaux",
            "text": "Travaux",
            "html": "",
            "headers": {"From": "mairie@demo.example"},
        }
        of_words = {"id": content, "campaign_id": campaign, "language": "fr", "medium": "email"}
        await session.execute(insert(CampaignContentRow).values(**of_words, **words))
        await session.execute(
            insert(NotificationRow),
            [
                {
                    "id": id,
                    "address": f"{number}@citizens.example",
                    "cause_event_id": campaign,
                    "kind": "announcement",
                    "language": "fr",
                    "created_at": now,
                }
                for number, id in enumerate(notifications)
            ],
        )
        await session.execute(
            insert(DeliveryRow),
            [
                {
                    "id": new_id(),
                    "notification_id": id,
                    "medium": Medium.EMAIL,
                    "recipient": f"{number}@citizens.example",
                    "return_path": "mairie@demo.example",
                    "priority": Priority.BULK,
                    "due_at": now,
                    "expires_at": now + timedelta(days=2),
                    "message_id": f"<{number}@demo.example>",
                    "subject": "",
                    "text": "",
                    "html": "",
                    "headers": {},
                    "created_at": now,
                    "campaign_id": campaign,
                    "content_id": content,
                    "personal": {"token": "t", "why": "w", "topics": ""},
                }
                for number, id in enumerate(notifications)
            ],
        )
