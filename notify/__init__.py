"""What citizens are told, and how it reaches them.

A case's change becomes a notification (:class:`CaseNotifications`), which becomes a delivery with
its words (:class:`Deliveries`), which the :class:`Dispatcher` hands to a sender until it is through
or given up.
"""

from core.settings import Settings
from notify.account_mail import AccountMails, forget_account_mails
from notify.dispatch import Dispatcher
from notify.handlers import CaseNotifications, Deliveries
from notify.letterhead import Letterhead
from notify.models import AccountKind, DeliveryStatus, Kind, Medium
from notify.reading import (
    DeliveryItem,
    DeliveryPage,
    OutboxMail,
    count_deliveries,
    count_failed,
    deliveries_of_case,
    list_outbox,
    outbox_mail,
)
from notify.retries import Retries
from notify.senders.contract import Content, Delivery, ProviderId, Retry, Sender, Unreachable
from notify.senders.outbox import Outbox
from notify.senders.smtp import Smarthost, Smtp
from notify.writing import Writing

__all__ = [
    "AccountKind",
    "AccountMails",
    "CaseNotifications",
    "Content",
    "Deliveries",
    "Delivery",
    "DeliveryItem",
    "DeliveryPage",
    "DeliveryStatus",
    "Dispatcher",
    "Kind",
    "Letterhead",
    "Medium",
    "Outbox",
    "OutboxMail",
    "ProviderId",
    "Retries",
    "Retry",
    "Sender",
    "Smarthost",
    "Smtp",
    "Unreachable",
    "Writing",
    "count_deliveries",
    "count_failed",
    "deliveries_of_case",
    "email_sender",
    "forget_account_mails",
    "list_outbox",
    "outbox_mail",
]


def email_sender(settings: Settings) -> Sender:
    """The smart host, or the local outbox when none is set. Raises BadInput on a wrong URL."""
    if not settings.smarthost:
        return Outbox()
    return Smtp(Smarthost.parse(settings.smarthost), hostname=settings.smtp_hostname)
