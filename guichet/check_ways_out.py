"""Can what is written go out, under our signature, and can what comes back come in?"""

import asyncio
from collections.abc import Iterable

from channels.email.dns import Resolver, UnreachableError
from channels.email.mailboxes import Mailboxes
from core.errors import GuichetError
from core.settings import Settings
from guichet import demo
from guichet.findings import Level, Result, in_one_line
from notify import AppriseSms, Dkim, Smarthost

ANSWER = 5.0  # seconds


async def check_smarthosts(settings: Settings) -> list[Result]:
    if not settings.smarthost:
        told = "none: outgoing mail is kept on the outbox page"
        return [Result("smarthost", Level.OK, told)]
    named = {
        "GUICHET_SMARTHOST": settings.smarthost,
        "GUICHET_SMARTHOST_FALLBACK": settings.smarthost_fallback,
    }
    looks = (_smarthost(name, url) for name, url in named.items() if url)
    return list(await asyncio.gather(*looks))


async def _smarthost(setting: str, url: str) -> Result:
    try:
        smarthost = Smarthost.parse(url)
    except GuichetError as problem:
        return Result("smarthost", Level.BAD, f"{problem}; set {setting}")
    where = f"{smarthost.host}:{smarthost.port}"
    try:
        async with asyncio.timeout(ANSWER):
            _, writer = await asyncio.open_connection(smarthost.host, smarthost.port)
    except (OSError, TimeoutError) as problem:
        reason = f"{where} does not answer ({in_one_line(problem)})"
        return Result("smarthost", Level.BAD, f"{reason}; start it, or set {setting}")
    writer.close()
    return Result("smarthost", Level.OK, f"{where} answers")


async def check_dkim(settings: Settings) -> Iterable[Result]:
    """The key, and what the DNS says of it."""
    if not settings.dkim_domain or settings.dkim_key is None:
        return []
    try:
        dkim = Dkim.load(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
    except GuichetError as problem:
        return [Result("dkim", Level.BAD, in_one_line(problem))]
    name = f"{dkim.selector}._domainkey.{dkim.domain}"
    mend = f'publish {name} TXT "{dkim.record}"'
    try:
        found = await Resolver(settings.dns_servers).questions().texts(name)
    except (UnreachableError, ValueError) as problem:
        told = f"the key is there; the DNS does not answer for {name} ({in_one_line(problem)})"
        return [Result("dkim", Level.WARNING, told)]
    key = dkim.record.rpartition("p=")[2]
    if any(key in record.decode("ascii", "replace").replace(" ", "") for record in found):
        return [Result("dkim", Level.OK, f"{name} has the key")]
    wrong = f"{name} has another key" if found else f"{name} is not in the DNS"
    return [Result("dkim", Level.BAD, f"{wrong}: mails would fail; {mend}")]


async def check_bounces(settings: Settings) -> list[Result]:
    """Whether what comes back would be taken in."""
    address = settings.bounce_mailbox
    if not address:
        return []
    taken = settings.mailboxes or (demo.MAILBOXES if settings.demo else ())
    fetched = [mailbox.address for mailbox in settings.imap_mailboxes]
    if Mailboxes([*taken, *fetched]).has(address):
        return [Result("bounces", Level.OK, address)]
    told = f"{address} is neither in GUICHET_MAILBOXES nor fetched by IMAP: see that it comes to us"
    return [Result("bounces", Level.WARNING, told)]


async def check_apprise(settings: Settings) -> list[Result]:
    url = settings.apprise_url.get_secret_value()
    if not url:
        return []
    try:
        await asyncio.to_thread(AppriseSms, url)
    except GuichetError as problem:
        return [Result("apprise", Level.BAD, in_one_line(problem))]
    return [Result("apprise", Level.OK, "Apprise knows the provider")]
