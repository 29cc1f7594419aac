"""Codes by SMS that prove a number: queued in the transaction that keeps them."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.ids import derived_id, new_id
from core.tracing import current
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow

KIND = "code"


async def queue_code(
    session: AsyncSession, clock: Clock, *, number: str, text: str, language: str
) -> None:
    """Send ``text`` to ``number`` (E.164), unless its owner has answered STOP before."""
    id, now = new_id(), clock()
    delivery_id = derived_id(id, Medium.SMS)
    session.add(
        NotificationRow(
            id=id,
            case_id=None,
            address=number,
            cause_event_id=id,
            kind=KIND,
            language=language,
            created_at=now,
        )
    )
    session.add(
        DeliveryRow(
            id=delivery_id,
            notification_id=id,
            medium=Medium.SMS,
            recipient=number,
            return_path="",
            status=DeliveryStatus.QUEUED,
            due_at=now,
            created_at=now,
            message_id="",
            subject="",
            text=text,
            html="",
            headers={},
            traceparent=current(),
        )
    )
    await session.flush()
    queued = DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.QUEUED)
    await publish(session, [new_event(queued, key=id, id=derived_id(id, "queued"), time=now)])
