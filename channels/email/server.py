"""Mail comes in by SMTP (RFC 5321) or LMTP (RFC 2033), through ``aiosmtpd``.

SIZE (RFC 1870), 8BITMIME, SMTPUTF8, PIPELINING, STARTTLS when a certificate is set. It takes mail
for our own mailboxes alone: there is nothing here that could relay. It does not filter spam and
does not queue for others; a mail server in front may (``docs/channels.md``).
"""

import asyncio
import hashlib
import re
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from channels.email.mailboxes import Mailboxes
from core.errors import Later
from core.metrics import REFUSED
from ingest import Accept, Arrival, ChannelName

LINE_LIMIT = 256 * 1024  # bytes; RFC 5321 says 1,000, and real HTML mails do not care
TIMEOUT = 300  # seconds without a command (RFC 5321, section 4.5.3.2)
MAX_RECIPIENTS = 100  # of one mail (RFC 5321, section 4.5.3.1.8)

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9.-]{1,255})>((?: .*)?)")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the server listens; the defaults are for a town behind nothing."""

    host: str
    port: int
    hostname: str
    mailboxes: Mailboxes
    max_size: int
    """Bytes of one mail."""
    lmtp: bool = False
    certificate: Path | None = None
    key: Path | None = None
    require_tls: bool = False
    connections: int = 100
    """At once from one client address."""
    mails_per_minute: int = 0
    """From one client address that is not loopback; 0 for no limit."""


class EmailChannel:
    """Serves until cancelled; answers 250 once the mail is durable, and not before."""

    name = ChannelName.EMAIL

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self.ready = asyncio.Event()
        """Set when the port is open."""

    async def run(self, accept: Accept) -> None:
        loop = asyncio.get_running_loop()
        kind = _LmtpConnection if self._server.lmtp else _SmtpConnection
        template = kind(
            _Reception(self._server, accept),
            data_size_limit=self._server.max_size,
            enable_SMTPUTF8=True,
            hostname=self._server.hostname,
            ident="Guichet",
            tls_context=_tls_context(self._server),
            require_starttls=self._server.require_tls,
            timeout=TIMEOUT,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=loop,
        )
        template.most_connections = self._server.connections
        server = await loop.create_server(template.another, self._server.host, self._server.port)
        async with server:
            self.ready.set()
            log.info("smtp.listening", host=self._server.host, port=self._server.port)
            await server.serve_forever()


class _Connection(SMTP):
    """A connection that counts against its client address."""

    line_length_limit = LINE_LIMIT
    most_connections = 0
    _connections: Counter[str] = Counter()
    _counted = ""

    def another(self) -> Self:
        """A fresh connection like this one, which was never used.

        ``SMTP.__init__`` inspects itself and its handler anew at every call, which takes as long
        as receiving a small mail; what it finds is the same for every connection of a server.
        """
        fresh = copy(self)
        reader = asyncio.StreamReader(LINE_LIMIT, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(
            fresh, reader, client_connected_cb=fresh._cb_client_connected, loop=self.loop
        )
        fresh._smtp_methods = {
            command: getattr(fresh, f"smtp_{command}") for command in self._smtp_methods
        }
        return fresh

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """A plain address by one expression; the RFC 5322 grammar is for the others."""
        plain = _PLAIN_ADDRESS.fullmatch(arg)
        if plain:
            return plain[1], plain[2]
        address, rest = super()._getaddr(arg)
        return address, rest

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._counted or self.session is None:  # the same connection again, after STARTTLS
            return
        self._counted = client_of(self.session)
        self._connections[self._counted] += 1
        if self._connections[self._counted] > self.most_connections:
            REFUSED.labels(ChannelName.EMAIL, "connections").inc()
            assert isinstance(transport, asyncio.Transport)
            transport.write(b"421 4.7.0 Too many connections from your address, try later\r\n")
            transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            self._connections[self._counted] -= 1
            if not self._connections[self._counted]:
                del self._connections[self._counted]
            self._counted = ""
        super().connection_lost(error)


class _SmtpConnection(_Connection):
    pass


class _LmtpConnection(_Connection, LMTP):
    pass


class _Reception:
    """The answers to the commands (``aiosmtpd`` calls these hooks)."""

    def __init__(self, server: MailServer, accept: Accept) -> None:
        self._server = server
        self._accept = accept
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, host: str, responses: list[str]
    ) -> list[str]:
        session.host_name = host
        # Before the last line, which alone has no hyphen behind its code.
        return [*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", *responses[-1:]]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        limit = self._server.mails_per_minute
        client = client_of(session)
        if limit and not _is_loopback(client):
            item = RateLimitItemPerMinute(limit)
            if not await self._limiter.hit(item, client):
                REFUSED.labels(ChannelName.EMAIL, "rate").inc()
                return "451 4.7.1 Too many mails from your address, try again in a minute"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self._server.mailboxes.has(address):
            REFUSED.labels(ChannelName.EMAIL, "recipient").inc()
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        arrival = arrival_of(session, envelope)
        try:
            accepted = await self._accept(arrival)
        except Later as problem:
            log.warning("smtp.later", reason=problem.reason)
            REFUSED.labels(ChannelName.EMAIL, "later").inc()
            answer = "451 4.3.0 We cannot store your mail now, please try again"
        else:
            answer = f"250 2.0.0 Accepted as {accepted.intake_id}"
        # LMTP answers once for each recipient (RFC 2033, section 4.2).
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if self._server.lmtp else 1))

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp.failed", error=repr(error))
        return "451 4.3.0 Something went wrong here, please try again"


def arrival_of(session: Session, envelope: Envelope) -> Arrival:
    """The raw mail with its envelope.

    The key is the SHA-256 of mail and recipients: a server that did not hear our yes sends the
    same bytes again.
    """
    raw = envelope.original_content or b""
    recipients = [recipient.lower() for recipient in envelope.rcpt_tos]
    facts: Mapping[str, Any] = {
        "client": client_of(session),
        "helo": session.host_name or "",
        "mail_from": (envelope.mail_from or "").strip("<>"),
        "recipients": recipients,
        "tls": session.ssl is not None,
    }
    return Arrival(ChannelName.EMAIL, _key(raw, recipients), raw, facts)


def client_of(session: Session) -> str:
    """The client's address without its port; empty for a Unix socket."""
    peer: object = session.peer
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _key(raw: bytes, recipients: Sequence[str]) -> str:
    digest = hashlib.sha256(raw)
    digest.update("\0".join(sorted(recipients)).encode())
    return digest.hexdigest()


def _is_loopback(client: str) -> bool:
    try:
        return not client or ip_address(client).is_loopback
    except ValueError:
        return False


def _tls_context(server: MailServer) -> ssl.SSLContext | None:
    if server.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.certificate, server.key)
    return context
