"""Ways out: one file a provider, each against the small contract in ``contract.py``."""

from notify.senders.contract import Content, Delivery, ProviderId, Refused, Retry, Sender
from notify.senders.outbox import Outbox
from notify.senders.smtp import Smarthost, Smtp

__all__ = [
    "Content",
    "Delivery",
    "Outbox",
    "ProviderId",
    "Refused",
    "Retry",
    "Sender",
    "Smarthost",
    "Smtp",
]
