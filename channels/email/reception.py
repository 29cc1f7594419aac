"""The answers to the commands of a client (``aiosmtpd`` calls these hooks)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from channels.email.clients import is_loopback
from channels.email.idempotency import key_of
from channels.email.mailboxes import Mailboxes
from core.clock import Clock, utc_now
from core.errors import Later
from core.metrics import REFUSED
from ingest import Accept, Arrival, ChannelName

MAX_RECIPIENTS = 100  # of one mail (RFC 5321, section 4.5.3.1.8)
MAIL_COMMAND = 512 + 26 + 10  # bytes (RFC 5321, RFC 1870, RFC 6531)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reception:
    """``mails_per_minute`` counts for one client address that is not loopback; 0 for no limit."""

    mailboxes: Mailboxes
    accept: Accept
    mails_per_minute: int = 0
    clock: Clock = utc_now
    _limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )

    async def handle_EHLO(  # noqa: N802  # the names are aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, host: str, responses: list[str]
    ) -> list[str]:
        session.host_name = host
        server.command_size_limits["MAIL"] = MAIL_COMMAND  # aiosmtpd's grows with every EHLO
        # Nobody logs in here, and after STARTTLS aiosmtpd would offer it without a way to.
        *offers, last = [line for line in responses if not line.startswith("250-AUTH")]
        # Before the last line, which alone has no hyphen behind its code.
        return [*offers, "250-PIPELINING", "250-ENHANCEDSTATUSCODES", last]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        client = client_of(session)
        if self.mails_per_minute and not is_loopback(client):
            item = RateLimitItemPerMinute(self.mails_per_minute)
            if not await self._limiter.hit(item, client):
                REFUSED.labels(ChannelName.EMAIL, "rate").inc()
                return "451 4.7.1 Too many mails from your address, try again in a minute"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.mailboxes.has(address):
            REFUSED.labels(ChannelName.EMAIL, "recipient").inc()
            return "550 5.1.1 No such mailbox here"
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        try:
            accepted = await self.accept(arrival_of(session, envelope, self.clock()))
        except Later as problem:
            log.warning("smtp.later", reason=problem.reason)
            REFUSED.labels(ChannelName.EMAIL, "later").inc()
            return "451 4.3.0 We cannot store your mail now, please try again"
        return f"250 2.0.0 Accepted as {accepted.intake_id}"

    async def handle_exception(self, error: Exception) -> str:
        log.error("smtp.failed", error=repr(error))
        return "451 4.3.0 Something went wrong here, please try again"


def arrival_of(session: Session, envelope: Envelope, received_at: datetime) -> Arrival:
    """The raw mail with its envelope."""
    raw = envelope.original_content or b""
    recipients = [_storable(recipient.lower()) for recipient in envelope.rcpt_tos]
    mail_from = _storable((envelope.mail_from or "").strip("<>"))
    facts: Mapping[str, Any] = {
        "client": client_of(session),
        "helo": _storable(session.host_name or ""),
        "mail_from": mail_from,
        "recipients": recipients,
        "tls": session.ssl is not None,
    }
    key = key_of(raw, recipients, mail_from=mail_from, received_at=received_at)
    return Arrival(ChannelName.EMAIL, key, raw, facts)


def client_of(session: Session) -> str:
    """The client's address without its port; empty for a Unix socket."""
    peer: object = session.peer
    return str(peer[0]) if isinstance(peer, tuple) else ""


def _storable(text: str) -> str:
    """What is no UTF-8, and NUL, cannot be stored as JSON everywhere."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")
