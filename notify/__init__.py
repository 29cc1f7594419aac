"""What citizens are told, and how it reaches them.

A case's change becomes a notification (:class:`CaseNotifications`), which becomes a delivery with
its words (:class:`Deliveries`), which the :class:`Dispatcher` hands to a sender until it is through
or given up.
"""

from notify.account_mail import AccountMails, forget_account_mails
from notify.account_texts import AccountTexts
from notify.addressing import Addressing
from notify.announcements import Announcements
from notify.announcing import Announcing
from notify.campaign_numbers import (
    CampaignPage,
    Numbers,
    campaign,
    campaigns_of_entry,
    failures_of,
    list_campaigns,
    numbers_of,
)
from notify.campaigns import (
    CampaignContentRow,
    CampaignKind,
    CampaignRow,
    resend_failed,
    resume_campaign,
    stop_campaign,
)
from notify.devices import (
    PushEndpointRow,
    add_device,
    devices_of,
    endpoint_hash,
    erase_devices,
    read_push_keys,
    remove_device,
)
from notify.digest_rounds import DigestRounds
from notify.dispatch import Dispatcher, Limits
from notify.dkim import Dkim
from notify.feedback import record_complaint, record_feedback
from notify.handlers import CaseNotifications, Deliveries
from notify.history import Sent, sent_to, topics_told
from notify.letterhead import Letterhead
from notify.letters import (
    Batch,
    Letter,
    count_waiting_letters,
    letters_of_batch,
    list_batches,
    print_letters,
    read_letter,
    waiting_letters,
)
from notify.models import AccountKind, DeliveryStatus, Kind, Medium, Priority
from notify.optouts import OptOutRow, record_wish, stopped
from notify.qr import shown
from notify.reading import (
    DeliveryItem,
    DeliveryPage,
    OutboxMail,
    count_failed,
    deliveries_of_case,
    list_outbox,
    outbox_mail,
)
from notify.retries import Retries
from notify.senders.apprise import AppriseSms
from notify.senders.contract import Content, Delivery, ProviderId, Retry, Sender, Unreachable
from notify.senders.letter import letters_pdf
from notify.senders.outbox import Outbox
from notify.senders.push import WebPush
from notify.senders.smarthost import Smarthost
from notify.senders.smtp import Smtp
from notify.senders.twilio import TwilioAccount, TwilioSms
from notify.senders.twilio import warm_up as warm_up_sms
from notify.suppressions import SuppressionRow, lift_suppression, suppression
from notify.unsubscribing import drop_waiting
from notify.vapid import public_vapid_key, vapid_key
from notify.verp import ReturnPaths
from notify.ways_out import limits_of, return_paths, ways_out
from notify.writing import Writing

__all__ = [
    "AccountKind",
    "AccountMails",
    "AccountTexts",
    "Addressing",
    "Announcements",
    "Announcing",
    "AppriseSms",
    "Batch",
    "CampaignContentRow",
    "CampaignKind",
    "CampaignPage",
    "CampaignRow",
    "CaseNotifications",
    "Content",
    "Deliveries",
    "Delivery",
    "DeliveryItem",
    "DeliveryPage",
    "DeliveryStatus",
    "DigestRounds",
    "Dispatcher",
    "Dkim",
    "Kind",
    "Letter",
    "Letterhead",
    "Limits",
    "Medium",
    "Numbers",
    "OptOutRow",
    "Outbox",
    "OutboxMail",
    "Priority",
    "ProviderId",
    "PushEndpointRow",
    "Retries",
    "Retry",
    "ReturnPaths",
    "Sender",
    "Sent",
    "Smarthost",
    "Smtp",
    "SuppressionRow",
    "TwilioAccount",
    "TwilioSms",
    "Unreachable",
    "WebPush",
    "Writing",
    "add_device",
    "campaign",
    "campaigns_of_entry",
    "count_failed",
    "count_waiting_letters",
    "deliveries_of_case",
    "devices_of",
    "drop_waiting",
    "endpoint_hash",
    "erase_devices",
    "failures_of",
    "forget_account_mails",
    "letters_of_batch",
    "letters_pdf",
    "lift_suppression",
    "limits_of",
    "list_batches",
    "list_campaigns",
    "list_outbox",
    "numbers_of",
    "outbox_mail",
    "print_letters",
    "public_vapid_key",
    "read_letter",
    "read_push_keys",
    "record_complaint",
    "record_feedback",
    "record_wish",
    "remove_device",
    "resend_failed",
    "resume_campaign",
    "return_paths",
    "sent_to",
    "shown",
    "stop_campaign",
    "stopped",
    "suppression",
    "topics_told",
    "vapid_key",
    "waiting_letters",
    "warm_up_sms",
    "ways_out",
]
