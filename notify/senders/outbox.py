"""The local outbox: where mail stays while no smart host is set.

Nothing leaves the house. The mail is in the deliveries table, from where the desk's outbox page
shows it, as it would have gone out.
"""

from notify.models import Medium
from notify.senders.contract import Content, Delivery, ProviderId, check_recipient

KEPT = ProviderId("kept in the local outbox")


class Outbox:
    name = "outbox"
    medium = Medium.EMAIL

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        check_recipient(delivery)
        return KEPT

    async def close(self) -> None:
        """There is nothing to let go of."""
