"""``guichet check``: is everything there that the settings speak of?"""

import asyncio
import os
import socket
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from core.settings import Settings
from guichet.town import Town
from notify import Smarthost


@dataclass(frozen=True, slots=True)
class Result:
    """``says`` is the finding, or what is wrong and how to mend it."""

    what: str
    ok: bool
    says: str


async def check_all(town: Town) -> list[Result]:
    return [
        _data(town),
        await _database(town),
        *check_ports(town.settings),
        _mailboxes(town),
        await _smarthost(town),
    ]


def check_ports(settings: Settings, *, web: bool = True, mail: bool = True) -> list[Result]:
    """Whether nobody else listens where we are to."""
    results = []
    if web:
        results.append(_port("HTTP", settings.http_host, settings.http_port))
    if mail:
        results.append(_port("SMTP", settings.smtp_host, settings.smtp_port))
    return results


def _data(town: Town) -> Result:
    folder = town.settings.data.resolve()
    if not os.access(folder, os.W_OK):
        return Result("data", False, f"{folder} cannot be written; set GUICHET_DATA or its rights")
    return Result("data", True, str(folder))


async def _database(town: Town) -> Result:
    try:
        async with town.database.begin() as session:
            await session.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as problem:
        return Result("database", False, f"{problem}; set GUICHET_DATABASE")
    return Result("database", True, town.database.url.partition("://")[0])


def _port(name: str, host: str, port: int) -> Result:
    mend = f"stop what listens there, or set GUICHET_{name}_HOST and GUICHET_{name}_PORT"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        return Result(name, False, f"{host}:{port}: {problem.strerror}; {mend}")
    return Result(name, True, f"{host}:{port} is free")


def _mailboxes(town: Town) -> Result:
    if not town.mailboxes:
        return Result("mailboxes", False, "no mail will be taken; set GUICHET_MAILBOXES")
    return Result("mailboxes", True, ", ".join(town.mailboxes))


async def _smarthost(town: Town) -> Result:
    if not town.settings.smarthost:
        return Result("smarthost", True, "none: outgoing mail is kept on the outbox page")
    smarthost = Smarthost.parse(town.settings.smarthost)
    where = f"{smarthost.host}:{smarthost.port}"
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(smarthost.host, smarthost.port)
    except (OSError, TimeoutError) as problem:
        reason = f"{where} does not answer ({problem!r})"
        return Result("smarthost", False, f"{reason}; set GUICHET_SMARTHOST")
    writer.close()
    return Result("smarthost", True, f"{where} answers")
