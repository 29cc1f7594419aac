"""Mail comes in by SMTP (RFC 5321) or LMTP (RFC 2033), through ``aiosmtpd``.

SIZE (RFC 1870), 8BITMIME, SMTPUTF8, PIPELINING, STARTTLS when a certificate is set. It takes mail
for our own mailboxes alone: there is nothing here that could relay. It does not filter spam and
does not queue for others; a mail server in front may (``docs/channels.md``).
"""

import asyncio
import ssl
from dataclasses import dataclass
from pathlib import Path

import structlog

from channels.email.connection import LmtpConnection, Open, SmtpConnection
from channels.email.mailboxes import Mailboxes
from channels.email.reception import Reception
from core.clock import Clock, utc_now
from ingest import Accept, ChannelName

TIMEOUT = 300  # seconds without a command (RFC 5321, section 4.5.3.2)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class MailServer:
    """How the server listens; the defaults are for a town behind nothing."""

    host: str
    port: int
    """0 for any that is free."""
    hostname: str
    mailboxes: Mailboxes
    max_size: int
    """Bytes of one mail."""
    lmtp: bool = False
    certificate: Path | None = None
    key: Path | None = None
    require_tls: bool = False
    """By SMTP; LMTP is spoken with our own mail server."""
    connections: int = 100
    """At once from one client address."""
    mails_per_minute: int = 0
    """From one client address that is not loopback; 0 for no limit."""


class EmailChannel:
    """Serves until cancelled; answers 250 once the mail is durable, and not before.

    Raises
    ------
    ValueError
        When TLS is required, and there is no certificate for it.
    """

    name = ChannelName.EMAIL

    def __init__(self, server: MailServer, clock: Clock = utc_now) -> None:
        if server.require_tls and (server.certificate is None or server.lmtp):
            raise ValueError("to require TLS takes a certificate, and SMTP")
        self._server = server
        self._clock = clock
        self.port = server.port
        """Where it listens."""
        self.ready = asyncio.Event()
        """Set when the port is open."""

    async def run(self, accept: Accept) -> None:
        loop = asyncio.get_running_loop()
        kind = LmtpConnection if self._server.lmtp else SmtpConnection
        template = kind(
            Reception(self._server.mailboxes, accept, self._server.mails_per_minute, self._clock),
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
        template.open = Open(self._server.connections)
        server = await loop.create_server(template.another, self._server.host, self._server.port)
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            log.info("smtp.listening", host=self._server.host, port=self.port)
            await server.serve_forever()


def _tls_context(server: MailServer) -> ssl.SSLContext | None:
    if server.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.certificate, server.key)
    return context
