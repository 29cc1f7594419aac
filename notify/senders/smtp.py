"""Mail goes out by SMTP (RFC 5321) through one smart host, with ``aiosmtplib``.

Connections are kept and used again, one for each mail under way, and closed politely after a while
without work. STARTTLS is used when offered (without checking the certificate, as RFC 7435 has it,
unless a password is at stake). It does not look up MX records and does not sign: that is the smart
host's work.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import (
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from core.errors import BadInput
from notify.addresses import on_the_wire
from notify.mail import compose, needs_utf8
from notify.models import Medium
from notify.senders.contract import (
    Content,
    Delivery,
    ProviderId,
    Refused,
    Retry,
    Unreachable,
    check_recipient,
)

TIMEOUT = 60.0  # seconds without an answer from the server
PATIENCE = 600.0  # seconds for its answer to a whole mail (RFC 5321, section 4.5.3.2.6)
IDLE = 30.0  # seconds that a connection is kept without work
GOODBYE = 2.0  # seconds for the answer to QUIT
MAX_ANSWER = 500  # characters kept of what the server said
CLOSING = 421  # the server is about to close this connection
NOT_FOR_US = frozenset({530, 534, 535, 538})  # it wants a login, or another one (RFC 4954)


@dataclass(frozen=True, slots=True)
class Smarthost:
    """Who takes our mail."""

    host: str
    port: int
    tls: bool
    """TLS from the first byte."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``smtp://host:port`` or ``smtps://user:password@host``. Raises BadInput."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as problem:
            raise BadInput(str(problem), where="smarthost") from problem
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise BadInput(
                "GUICHET_SMARTHOST: expected smtp://host:port or smtps://host", where="smarthost"
            )
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=port or (465 if tls else 587 if parts.username else 25),
            tls=tls,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )

    @property
    def is_loopback(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True)
class _Letter:
    sender: str
    recipient: str
    mail: bytes
    utf8: bool


class _Stale(Exception):
    """The kept connection was closed by the server; nothing was handed over."""


class Smtp:
    """Sends mail; any number of ``send`` at once, each on a connection of its own."""

    medium = Medium.EMAIL

    def __init__(
        self,
        smarthost: Smarthost,
        *,
        hostname: str,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self._smarthost = smarthost
        self._hostname = hostname
        self._timeout = timeout
        self._patience = patience
        self._idle = idle
        self._resting: dict[aiosmtplib.SMTP, asyncio.TimerHandle] = {}
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        check_recipient(delivery)
        letter = _Letter(
            sender=on_the_wire(delivery.return_path),
            recipient=on_the_wire(delivery.recipient),
            mail=compose(delivery, content),
            utf8=needs_utf8(delivery, content),
        )
        while self._resting:
            connection, timer = self._resting.popitem()
            timer.cancel()
            with suppress(_Stale):
                return await self._hand_over(connection, letter, kept=True)
        return await self._hand_over(await self._connect(), letter, kept=False)

    async def close(self) -> None:
        while self._resting:
            connection, timer = self._resting.popitem()
            timer.cancel()
            await _say_goodbye(connection)
        await asyncio.gather(*self._goodbyes)

    async def _connect(self) -> aiosmtplib.SMTP:
        smarthost = self._smarthost
        protects_password = smarthost.password is not None and not smarthost.is_loopback
        connection = aiosmtplib.SMTP(
            hostname=smarthost.host,
            port=smarthost.port,
            username=smarthost.username,
            password=smarthost.password,
            use_tls=smarthost.tls,
            start_tls=True if protects_password and not smarthost.tls else None,
            validate_certs=smarthost.tls or protects_password,
            local_hostname=self._hostname,
            timeout=self._timeout,
        )
        try:
            await connection.connect()
        except (SMTPException, OSError, ValueError) as problem:
            connection.close()
            raise Unreachable(f"{smarthost.host}:{smarthost.port}: {_said(problem)}") from problem
        except BaseException:
            connection.close()
            raise
        return connection

    async def _hand_over(
        self, connection: aiosmtplib.SMTP, letter: _Letter, *, kept: bool
    ) -> ProviderId:
        try:
            answer = await self._transact(connection, letter, kept=kept)
        except SMTPResponseException as problem:
            await self._begin_anew(connection)
            raise _verdict(problem) from problem
        except (SMTPNotSupported, ValueError) as problem:
            await self._begin_anew(connection)
            raise Refused(_said(problem)) from problem
        except (SMTPException, OSError) as problem:
            connection.close()
            raise Retry(_said(problem)) from problem
        except BaseException:
            connection.close()
            raise
        self._rest(connection)
        return answer

    async def _transact(
        self, connection: aiosmtplib.SMTP, letter: _Letter, *, kept: bool
    ) -> ProviderId:
        encoding = "utf-8" if letter.utf8 else "ascii"
        try:
            if kept and not connection.is_connected:
                raise _Stale
            await connection.mail(
                letter.sender, options=_options(connection, letter), encoding=encoding
            )
        except (SMTPServerDisconnected, SMTPResponseException) as problem:
            ended = isinstance(problem, SMTPServerDisconnected) or problem.code == CLOSING
            if kept and ended:
                connection.close()
                raise _Stale from problem
            raise
        await connection.rcpt(letter.recipient, encoding=encoding)
        try:
            answer = await connection.data(letter.mail, timeout=self._patience)
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as problem:
            raise Retry(f"no answer to the mail: {_said(problem)}", in_doubt=True) from problem
        return ProviderId(f"{answer.code} {answer.message}"[:MAX_ANSWER])

    async def _begin_anew(self, connection: aiosmtplib.SMTP) -> None:
        """After a mail that did not go through, the connection may still be good for others."""
        try:
            await connection.rset()
        except (SMTPException, OSError):
            connection.close()
        except BaseException:
            connection.close()
            raise
        else:
            self._rest(connection)

    def _rest(self, connection: aiosmtplib.SMTP) -> None:
        if connection.is_connected:
            loop = asyncio.get_running_loop()
            self._resting[connection] = loop.call_later(self._idle, self._retire, connection)
        else:
            connection.close()

    def _retire(self, connection: aiosmtplib.SMTP) -> None:
        if self._resting.pop(connection, None) is not None:
            goodbye = asyncio.create_task(_say_goodbye(connection))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)


def _options(connection: aiosmtplib.SMTP, letter: _Letter) -> list[str]:
    options = []
    if connection.supports_extension("size"):
        options.append(f"SIZE={len(letter.mail)}")
    if letter.utf8:
        if not connection.supports_extension("smtputf8"):
            raise SMTPNotSupported("the mail server takes no address in UTF-8 (SMTPUTF8)")
        options += ["BODY=8BITMIME", "SMTPUTF8"]
    return options


def _verdict(problem: SMTPResponseException) -> Retry | Refused:
    """4xx is for later, 5xx is final (RFC 5321, section 4.2.1), but our own login is no citizen's
    fault."""
    reason = _said(problem)
    if problem.code in NOT_FOR_US:
        return Unreachable(reason)
    return Refused(reason) if problem.code >= 500 else Retry(reason)


def _said(problem: BaseException) -> str:
    if isinstance(problem, SMTPResponseException):
        return f"{problem.code} {problem.message}"[:MAX_ANSWER]
    return (str(problem) or type(problem).__name__)[:MAX_ANSWER]


async def _say_goodbye(connection: aiosmtplib.SMTP) -> None:
    with suppress(SMTPException, OSError):
        await connection.quit(timeout=GOODBYE)
    connection.close()
