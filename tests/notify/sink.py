"""A real SMTP server that keeps what it gets and answers as it is told to."""

import asyncio
import ssl
from collections import deque
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class Sink:
    """Answers OK unless an answer waits in ``to_recipients`` or ``to_mails``."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.connections = 0
        self.ended = 0
        self.waiting = 0
        self.most_at_once = 0
        self.to_recipients: deque[str] = deque()
        self.to_mails: deque[str] = deque()
        self.open = asyncio.Event()
        """Cleared, mails are read but not answered."""
        self.open.set()
        self.resets = asyncio.Event()
        """Cleared, RSET is not answered."""
        self.resets.set()
        self.speaks_utf8 = True
        self.extensions: list[str] = []
        """What it offers besides."""
        self.tls: ssl.SSLContext | None = None
        self.password = ""
        self._server: asyncio.Server | None = None
        self._transports: list[asyncio.Transport] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.open.set()
        self.resets.set()
        self.hang_up()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def hang_up(self) -> None:
        """Close every connection."""
        for transport in self._transports:
            transport.close()
        self._transports.clear()

    def messages(self) -> list[EmailMessage]:
        return [
            message_from_bytes(cast(bytes, mail.content), policy=policy.SMTP) for mail in self.mails
        ]

    def _connection(self) -> SMTP:
        sink = self

        class Connection(SMTP):
            def connection_made(self, transport: Any) -> None:
                sink.connections += 1
                sink._transports.append(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                sink.ended += 1
                super().connection_lost(error)

        return Connection(
            self,
            hostname="sink.example",
            ident="Sink",
            enable_SMTPUTF8=self.speaks_utf8,
            tls_context=self.tls,
            auth_require_tls=False,
            authenticator=self._authenticate if self.password else None,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == self.password.encode()
        return AuthResult(success=right, handled=False)

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, _envelope: Envelope, host: str, said: list[str]
    ) -> list[str]:
        session.host_name = host
        return [*said[:-1], *(f"250-{one}" for one in self.extensions), said[-1]]

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        # The library could demand the login itself, but warns that this is unsafe without TLS.
        if self.password and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        envelope.rcpt_options.extend(options)
        if self.to_recipients:
            return self.to_recipients.popleft()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await self._hold(self.open)
        if self.to_mails:
            return self.to_mails.popleft()
        self.mails.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return f"250 2.0.0 Ok: queued as {len(self.mails)}"

    async def handle_RSET(  # noqa: N802
        self, _server: SMTP, _session: Session, _envelope: Envelope
    ) -> str:
        await self._hold(self.resets)
        return "250 OK"

    async def _hold(self, opened: asyncio.Event) -> None:
        self.waiting += 1
        self.most_at_once = max(self.most_at_once, self.waiting)
        try:
            await opened.wait()
        finally:
            self.waiting -= 1
