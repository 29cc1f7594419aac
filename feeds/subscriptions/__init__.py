"""Subscriptions: who wants what, the proof of it, the audiences of what is published, digests."""

from feeds.subscriptions.accounts import (
    erase_subscriptions,
    follow_account,
    subscriber_known_by,
    subscriber_of_account,
    subscribers_known_by,
)
from feeds.subscriptions.audience import Office
from feeds.subscriptions.exporting import exported_subscriptions
from feeds.subscriptions.home import HomeEntry, news_at_home
from feeds.subscriptions.models import (
    Act,
    Cadence,
    ConsentRow,
    Medium,
    SubscriberRow,
    SubscriptionRow,
)
from feeds.subscriptions.requests import ask_by_mail, ask_by_sms, confirm, confirm_by_code
from feeds.subscriptions.store import (
    Said,
    count_left,
    enter_subscriber,
    erase_subscriber,
    history_of,
    set_subscriptions,
    subscribe,
    subscriber_at,
    subscriptions_of,
    unsubscribe,
)
from feeds.subscriptions.tokens import Tokens, confirmation_tokens, preferences_tokens
from feeds.subscriptions.told import Audiences
from feeds.subscriptions.wishes import Wish

__all__ = [
    "Act",
    "Audiences",
    "Cadence",
    "ConsentRow",
    "HomeEntry",
    "Medium",
    "Office",
    "Said",
    "SubscriberRow",
    "SubscriptionRow",
    "Tokens",
    "Wish",
    "ask_by_mail",
    "ask_by_sms",
    "confirm",
    "confirm_by_code",
    "confirmation_tokens",
    "count_left",
    "enter_subscriber",
    "erase_subscriber",
    "erase_subscriptions",
    "exported_subscriptions",
    "follow_account",
    "history_of",
    "news_at_home",
    "preferences_tokens",
    "set_subscriptions",
    "subscribe",
    "subscriber_at",
    "subscriber_known_by",
    "subscriber_of_account",
    "subscribers_known_by",
    "subscriptions_of",
    "unsubscribe",
]
