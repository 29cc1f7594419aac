"""``guichet check``: is everything there that the settings speak of?

It makes nothing: a folder or a database under a wrong name would only hide the mistake.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable

from channels.email.authentication import Resolver
from core.errors import GuichetError
from core.settings import SECRET_LENGTH, Settings
from core.web import StaticFiles
from guichet import demo
from guichet.check_blobs import check_blobs, folder_trouble
from guichet.check_sqlite import check_sqlite
from guichet.check_ways_in import (
    check_asterisk,
    check_clamd,
    check_folders,
    check_imap,
    check_ocr,
)
from guichet.check_ways_out import (
    check_apprise,
    check_bounces,
    check_dkim,
    check_smarthosts,
)
from guichet.findings import Level, Result, in_one_line
from router import Calendar

PATIENCE = 8.0  # seconds that a service gets; all are asked at once
ANSWER = 2.0  # seconds that whoever listens on our ports gets to say who it is
FRONT_END = ("vendor/htmx.min.js", "vendor/idiomorph-ext.min.js")

Look = Callable[[Settings], Awaitable[Iterable[Result]]]


async def check_all(settings: Settings) -> list[Result]:
    """One that fails, or hangs, hides no other."""
    looks: dict[str, Look] = {
        "data": _data,
        "database": _database,
        "kafka": _kafka,
        "blobs": _blobs,
        "ports": _ports,
        "mailboxes": _mailboxes,
        "smarthost": check_smarthosts,
        "dkim": check_dkim,
        "bounces": check_bounces,
        "apprise": check_apprise,
        "settings": _words,
        "pages": _pages,
        "imap": check_imap,
        "folders": _folders,
        "clamd": check_clamd,
        "asterisk": check_asterisk,
        "ocr": _ocr,
    }
    found = await asyncio.gather(*(_look(name, look, settings) for name, look in looks.items()))
    return [result for results in found for result in results]


def check_ports(
    settings: Settings, *, web: bool = True, mail: bool = True, health: bool = False
) -> list[Result]:
    """Whether nobody else listens where we are to."""
    results = []
    if web:
        results.append(_port("HTTP", settings.http_host, settings.http_port))
    if mail:
        results.append(_port("SMTP", settings.smtp_host, settings.smtp_port))
    if health and not web:
        results.append(_port("HEALTH", settings.http_host, settings.health_port))
    return results


async def _look(name: str, look: Look, settings: Settings) -> list[Result]:
    try:
        async with asyncio.timeout(PATIENCE):
            return [*await look(settings)]
    except TimeoutError:
        return [Result(name, Level.BAD, f"no answer within {PATIENCE:.0f} seconds")]
    except Exception as problem:  # the outer wall: the other results are worth seeing
        return [Result(name, Level.BAD, f"{type(problem).__name__}: {in_one_line(problem)}")]


async def _data(settings: Settings) -> list[Result]:
    folder = settings.data.resolve()
    trouble = folder_trouble(folder)
    if trouble:
        return [Result("data", Level.BAD, f"{trouble}; set GUICHET_DATA or the rights")]
    secret = folder / "secret"
    if not secret.exists():
        made = f"{folder}: the first start makes it, with the town's secret"
        if settings.is_distributed:
            # Tracking keys derive from it: two machines with two secrets are two towns.
            told = f"{made}; on every further machine put a copy of the first one's {secret}"
            return [Result("data", Level.NOTE, told)]
        return [Result("data", Level.OK, made)]
    if not os.access(secret, os.R_OK) or secret.stat().st_size < SECRET_LENGTH:
        told = f"{secret} cannot be read, or is no secret; restore it from the backup"
        return [Result("data", Level.BAD, told)]
    return [Result("data", Level.OK, str(folder))]


async def _database(settings: Settings) -> list[Result]:
    if settings.is_distributed:
        from guichet.check_postgresql import check_postgresql

        return [await check_postgresql(settings.database_url)]
    return [await asyncio.to_thread(check_sqlite, settings.database_url)]


async def _kafka(settings: Settings) -> list[Result]:
    if not settings.is_distributed:
        return []
    # Imported here: the embedded engine need not wait for what it does not use.
    from guichet.check_kafka import check_kafka

    return await check_kafka(settings)


async def _blobs(settings: Settings) -> list[Result]:
    return [await check_blobs(settings.blobs_url)]


async def _ports(settings: Settings) -> list[Result]:
    http, smtp = await asyncio.to_thread(check_ports, settings)
    if not http.ok and await _says(
        settings.http_host, settings.http_port, b"alive", b"GET /healthz HTTP/1.0\r\n\r\n"
    ):
        http = _running(http, settings.http_host, settings.http_port)
    if not smtp.ok and await _says(settings.smtp_host, settings.smtp_port, b"Guichet"):
        smtp = _running(smtp, settings.smtp_host, settings.smtp_port)
    return [http, smtp]


def _running(result: Result, host: str, port: int) -> Result:
    return Result(result.what, Level.OK, f"{host}:{port}: Guichet is running there")


async def _says(host: str, port: int, word: bytes, question: bytes = b"") -> bool:
    """Whether who listens there says the word: in its greeting, or when asked."""
    try:
        async with asyncio.timeout(ANSWER):
            # What listens on all addresses (0.0.0.0, ::) does so on this machine's own, too.
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(question)
                return word in (await reader.read() if question else await reader.readline())
            finally:
                writer.close()
    except (OSError, TimeoutError, ValueError):
        return False


def _port(name: str, host: str, port: int) -> Result:
    mend = f"stop what listens there, or set GUICHET_{name}_PORT"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        return Result(name, Level.BAD, f"{host}:{port}: {problem.strerror}; {mend}")
    return Result(name, Level.OK, f"{host}:{port} is free")


async def _mailboxes(settings: Settings) -> list[Result]:
    mailboxes = settings.mailboxes or (demo.MAILBOXES if settings.demo else ())
    if not mailboxes:
        told = "no mail will be taken; set GUICHET_MAILBOXES"
        return [Result("mailboxes", Level.BAD, told)]
    return [Result("mailboxes", Level.OK, ", ".join(mailboxes))]


async def _words(settings: Settings) -> list[Result]:
    """Settings that only their readers can judge; a start would stop at the first."""
    results = []
    try:
        Resolver(settings.dns_servers)
    except ValueError as problem:
        told = f"GUICHET_DNS_SERVERS: {in_one_line(problem)}"
        results.append(Result("settings", Level.BAD, told))
    try:
        Calendar(settings.holidays, settings.time_zone)
    except GuichetError as problem:
        results.append(Result("settings", Level.BAD, in_one_line(problem)))
    return results


async def _pages(_settings: Settings) -> list[Result]:
    static = StaticFiles()
    missing = [name for name in FRONT_END if not static.has(name)]
    if missing:
        told = f"{', '.join(missing)} not there, so that pages do not change by themselves"
        return [Result("pages", Level.WARNING, f"{told}; run make setup, which needs npm")]
    return [Result("pages", Level.OK, "the front-end files are there")]


async def _folders(settings: Settings) -> list[Result]:
    return await asyncio.to_thread(check_folders, settings)


async def _ocr(settings: Settings) -> Iterable[Result]:
    return await asyncio.to_thread(check_ocr, settings)
