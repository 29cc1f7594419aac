"""One conversation by SMTP or LMTP: ``aiosmtpd``'s, with the bounds that it lacks.

It keeps no count of what a client sends below DATA, so a line without end would fill the memory;
its commands' size limit is one for all connections and grows with every EHLO; and LMTP gets one
answer to a refused mail, where every recipient needs one (RFC 2033, section 4.2).
"""

import asyncio
import re
from collections import Counter, defaultdict
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Self, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from channels.email.reception import client_of
from core.metrics import REFUSED
from ingest import ChannelName

LINE_LIMIT = 256 * 1024  # bytes; RFC 5321 says 1,000, and real HTML mails do not care
PROGRESS = 1024 * 1024  # bytes of a mail that must come before a connection times out

_PLAIN_ADDRESS = re.compile(r"<([A-Za-z0-9.+_-]{1,64}@[A-Za-z0-9.-]{1,255})>((?: .*)?)")
# What the grammar of RFC 5322 in the stdlib is known to raise over nonsense.
_NONSENSE = (LookupError, ValueError, AttributeError, RecursionError)


@dataclass(slots=True)
class Open:
    """The connections of one server that are open, by client address."""

    most: int
    """At once from one client address."""
    count: Counter[str] = field(default_factory=Counter)


class SmtpConnection(SMTP):
    """A connection that counts against its client address, and what its client sends."""

    line_length_limit = LINE_LIMIT
    open = Open(0)
    _counted: str | None = None
    _received: int | None = None
    """Bytes of the mail that is being sent, while one is."""
    _in_time = 0
    _hung_up = False

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
        fresh.command_size_limits = defaultdict(lambda: SMTP.command_size_limit)
        return fresh

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self._counted is not None or self.session is None:  # the same again, after STARTTLS
            return
        self._counted = client_of(self.session)
        self.open.count[self._counted] += 1
        if self.open.count[self._counted] > self.open.most:
            REFUSED.labels(ChannelName.EMAIL, "connections").inc()
            self._hang_up("421 4.7.0 Too many connections from your address, try later")

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted is not None:
            self.open.count[self._counted] -= 1
            if not self.open.count[self._counted]:
                del self.open.count[self._counted]
            self._counted = None
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._hung_up:  # a TLS connection goes on receiving until the client closes it too
            return
        super().data_received(data)
        if self._received is None:
            return
        self._received += len(data)
        if self._received > 2 * (self.data_size_limit or LINE_LIMIT) + LINE_LIMIT:
            REFUSED.labels(ChannelName.EMAIL, "endless").inc()
            self._received = None
            self._hang_up("421 4.3.4 That is far too much")
        elif self._received > self._in_time + PROGRESS:
            self._in_time = self._received
            self._reset_timeout()  # a slow line is no reason to give up

    async def push(self, status: Any) -> None:
        if str(status).startswith("354"):
            self._received = self._in_time = 0
        elif self._received is not None:  # the answer to the mail
            self._received = None
        await super().push(status)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """A plain address by one expression; the RFC 5322 grammar is for the others."""
        plain = _PLAIN_ADDRESS.fullmatch(arg)
        if plain:
            return plain[1], plain[2]
        if arg.lower() == "<postmaster>":  # the one that needs no domain (RFC 5321, section 4.5.1)
            return "postmaster", ""
        try:
            address, rest = super()._getaddr(arg)
        except _NONSENSE:
            return None, None
        return address, rest

    def _hang_up(self, answer: str) -> None:
        # Not asked for its class: uvloop's transports are no subclasses of it.
        if self.transport is not None:
            self._hung_up = True
            transport = cast(asyncio.WriteTransport, self.transport)
            transport.write(f"{answer}\r\n".encode())
            transport.close()


class LmtpConnection(SmtpConnection, LMTP):
    _recipients = 0

    async def push(self, status: Any) -> None:
        answers = self._recipients if self._received is not None else 1
        if self.envelope is not None and str(status).startswith("354"):
            self._recipients = len(self.envelope.rcpt_tos)
        await super().push("\r\n".join([str(status)] * answers))
