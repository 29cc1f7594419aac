"""SMS about an account: the code that proves a number. About no case, like mails about accounts.

A number whose last word was STOP gets none: that is said at once, and the dispatcher asks again
before it sends.
"""

from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import derived_id, new_id
from core.sms import plain
from core.tracing import current
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.addresses import takes_sms
from notify.models import AccountKind, DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.optouts import STOPPED, stopped


class AccountTexts:
    """Queues them, for the sender of SMS; ``language`` is what they are filed under."""

    def __init__(self, database: Database, clock: Clock, *, language: str) -> None:
        self._database = database
        self._clock = clock
        self._language = language

    async def send_text(self, number: str, text: str) -> None:
        """``number`` in E.164. Durable when it returns.

        Raises Refused when nothing can or may go there.
        """
        if not takes_sms(number):
            raise Refused("the number takes no SMS")
        cause, now = new_id(), self._clock()
        notification_id = derived_id(cause, "notification")
        delivery_id = derived_id(notification_id, Medium.SMS)
        async with self._database.begin() as session:
            if await stopped(session, Medium.SMS, [number]):
                raise Refused(STOPPED)
            session.add(
                NotificationRow(
                    id=notification_id,
                    case_id=None,
                    address=number,
                    cause_event_id=cause,
                    kind=AccountKind.CODE,
                    language=self._language,
                    created_at=now,
                )
            )
            session.add(
                DeliveryRow(
                    id=delivery_id,
                    notification_id=notification_id,
                    medium=Medium.SMS,
                    recipient=number,
                    return_path="",
                    status=DeliveryStatus.QUEUED,
                    due_at=now,
                    created_at=now,
                    message_id="",
                    subject="",
                    text=plain(text),
                    html="",
                    headers={},
                    traceparent=current(),
                )
            )
            await session.flush()
            queued = DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.QUEUED)
            event_id = derived_id(delivery_id, "queued")
            await publish(session, [new_event(queued, key=notification_id, id=event_id, time=now)])
