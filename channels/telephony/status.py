"""What became of an SMS that we sent:
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from channels.telephony.arrival import arrival_of
from core.clock import Clock
from core.database import Database
from ingest import Accept, ChannelName
from notify import DeliveryStatus, record_feedback

_STATUSES = {
    "delivered": DeliveryStatus.DELIVERED,
    "read": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.FAILED,
    "failed": DeliveryStatus.FAILED,
    "canceled": DeliveryStatus.FAILED,
}
_REASONS = {
    "30003": "the telephone is off or out of reach",
    "30004": "the recipient blocks messages",
    "30005": "there is no such number",
    "30006": "the number is a landline, or cannot be reached",
    "30007": "the operator took the message for spam",
    "21610": "the recipient has sent STOP",
}
"""https://www.twilio.com/docs/api/errors"""


@dataclass(frozen=True, slots=True)
class SmsStatus:
    database: Database
    accept: Accept
    clock: Clock

    async def take(self, fields: Mapping[str, str], delivery: str) -> None:
        """Write it down; what no delivery of ours is meant by is kept for agents to see.

        Raises Later when the store is away.
        """
        given = fields.get("MessageStatus", "")
        code = fields.get("ErrorCode", "")
        status = _STATUSES.get(given, DeliveryStatus.SENT)
        reason = f"Twilio {code}: {_REASONS.get(code, given)}" if code else given
        delivery_id = _uuid(delivery)
        if delivery_id is not None:
            async with self.database.begin() as session:
                known = await record_feedback(
                    session,
                    self.clock,
                    delivery_id=delivery_id,
                    provider_id=fields.get("MessageSid", ""),
                    status=status,
                    reason=reason if status is DeliveryStatus.FAILED else "",
                )
            if known:
                return
        told = f"{fields.get('MessageSid', '')}:{given}"
        await self.accept(arrival_of(ChannelName.SMS, "status", told, "status", fields))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
