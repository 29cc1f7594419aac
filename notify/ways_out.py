"""The senders that a town has by its settings, in the order in which they are preferred."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import ceil

from core.database import Database
from core.logging import configure_logging
from core.settings import Settings
from notify.devices import PushKeys, read_device
from notify.dispatch import Limits
from notify.dkim import Dkim
from notify.senders.apprise import AppriseSms
from notify.senders.beside import Beside
from notify.senders.contract import Sender
from notify.senders.outbox import Outbox
from notify.senders.push import WebPush
from notify.senders.smarthost import Smarthost
from notify.senders.smtp import Smtp
from notify.senders.twilio import TwilioAccount, TwilioSms
from notify.vapid import vapid_key
from notify.verp import ReturnPaths

OTHERS = 8  # under way at once by a sender that is no mail server, at least
ANSWER = 0.25  # seconds that such a provider may take to answer and still get its whole rate


def return_paths(settings: Settings, secret: bytes) -> ReturnPaths:
    return ReturnPaths(secret, settings.bounce_mailbox or settings.main_mailbox)


def ways_out(
    settings: Settings, secret: bytes, account: TwilioAccount | None, database: Database
) -> Sequence[Sender]:
    """Raises BadInput on a wrong URL or key."""
    return [
        *_mail(settings, secret),
        *_sms(settings, account),
        *_push(settings, secret, database),
    ]


def limits_of(settings: Settings, senders: Sequence[Sender]) -> Mapping[str, Limits]:
    def limits(sender: Sender) -> Limits:
        per_second = settings.sending_per_second.get(sender.name, 0.0)
        if isinstance(sender, Beside):
            return Limits(settings.smtp_sending_connections, per_second)
        return Limits(max(OTHERS, ceil(per_second * ANSWER)), per_second)

    return {sender.name: limits(sender) for sender in senders}


def _mail(settings: Settings, secret: bytes) -> Sequence[Sender]:
    urls = [url for url in (settings.smarthost, settings.smarthost_fallback) if url]
    if not urls:
        return [Outbox()]
    dkim = None
    if settings.dkim_domain and settings.dkim_key:
        dkim = partial(Dkim.load, settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
    return [
        Beside(
            partial(
                smtp,
                Smarthost.parse(url),
                hostname=settings.smtp_hostname,
                name="smtp" if number == 1 else f"smtp-{number}",
                dkim=dkim,
                return_paths=return_paths(settings, secret),
            ),
            partial(configure_logging, settings.log_level, as_json=settings.log_json),
        )
        for number, url in enumerate(urls, 1)
    ]


def smtp(
    smarthost: Smarthost,
    *,
    hostname: str,
    name: str,
    dkim: Callable[[], Dkim] | None,
    return_paths: ReturnPaths,
) -> Smtp:
    """Made in each process that sends: a key cannot be handed from one to another."""
    return Smtp(
        smarthost,
        hostname=hostname,
        name=name,
        sign=dkim().sign if dkim else None,
        return_path=return_paths.address,
    )


def _sms(settings: Settings, account: TwilioAccount | None) -> Sequence[Sender]:
    url = settings.apprise_url.get_secret_value()
    return [
        *([TwilioSms(account)] if account else []),
        *([AppriseSms(url)] if url else []),
    ]


def _push(settings: Settings, secret: bytes, database: Database) -> Sequence[Sender]:
    if not settings.push:
        return []

    async def device(address: str) -> PushKeys | None:
        async with database.read() as session:
            return await read_device(session, address)

    return [
        WebPush(
            device,
            vapid_key(secret),
            contact=f"mailto:{settings.main_mailbox}",
            title=settings.town,
            private=settings.push_private,
        )
    ]
