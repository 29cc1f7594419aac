"""Mail goes out by SMTP (RFC 5321) through a smart host, with ``aiosmtplib``.

Connections are kept and used again, one for each mail under way, and closed politely after a while
without work. STARTTLS is used when offered (without checking the certificate, as RFC 7435 has it,
unless a password is at stake). It does not look up MX records: that is the smart host's work.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from notify.addresses import on_the_wire
from notify.enhanced import enhanced_code, is_hard, is_policy
from notify.mail import compose, needs_utf8
from notify.models import Medium
from notify.senders.contract import (
    Content,
    Declined,
    Delivery,
    Gone,
    ProviderId,
    Refused,
    Retry,
    Unreachable,
    check_recipient,
)
from notify.senders.smarthost import Smarthost
from notify.senders.smtp_session import Answer, Ended, Letter, SmtpSession, open_session, said

TIMEOUT = 60.0  # seconds without an answer from the server
PATIENCE = 600.0  # seconds for its answer to a whole mail (RFC 5321, section 4.5.3.2.6)
IDLE = 30.0  # seconds that a connection is kept without work
GOODBYE = 2.0  # seconds for the answer to QUIT
CLOSING = 421  # the server is about to close this connection
NOT_FOR_US = frozenset({530, 534, 535, 538})  # it wants a login, or another one (RFC 4954)
EXTENSIONS = ("pipelining", "size", "smtputf8", "dsn")

Sign = Callable[[bytes], bytes]
ReturnPath = Callable[[UUID], str]


class Smtp:
    """Sends mail; any number of ``send`` at once, each on a connection of its own.

    Parameters
    ----------
    name
        By which the settings and the deliveries know it.
    sign
        Puts a signature before a mail; called in a thread.
    return_path
        The address that a delivery comes back to; without it the delivery says so itself.
    """

    medium = Medium.EMAIL

    def __init__(
        self,
        smarthost: Smarthost,
        *,
        hostname: str,
        name: str = "smtp",
        sign: Sign | None = None,
        return_path: ReturnPath | None = None,
        timeout: float = TIMEOUT,
        patience: float = PATIENCE,
        idle: float = IDLE,
    ) -> None:
        self.name = name
        self._smarthost = smarthost
        self._hostname = hostname
        self._sign = sign
        self._return_path = return_path
        self._timeout = timeout
        self._patience = patience
        self._idle = idle
        self._resting: dict[SmtpSession, float] = {}
        """Since when, by the loop's clock; the longest first."""
        self._sweep: asyncio.TimerHandle | None = None
        self._goodbyes: set[asyncio.Task[None]] = set()

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        check_recipient(delivery)
        mail = compose(delivery, content)
        if self._sign is not None:
            mail = await asyncio.to_thread(self._sign, mail)
        letter = Letter(
            sender=on_the_wire(
                self._return_path(delivery.id) if self._return_path else delivery.return_path
            ),
            recipient=on_the_wire(delivery.recipient),
            mail=mail,
            utf8=needs_utf8(delivery, content),
            name=delivery.id.hex,
        )
        while self._resting:
            session, _ = self._resting.popitem()
            # Closed meanwhile: nothing was handed over.
            with suppress(Ended):
                return await self._hand_over(session, letter, kept=True)
        try:
            return await self._hand_over(await self._connect(), letter, kept=False)
        except Ended as problem:
            raise Retry(said(problem)) from problem

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        while self._resting:
            session, _ = self._resting.popitem()
            await session.say_goodbye(GOODBYE)
        await asyncio.gather(*self._goodbyes)

    async def _connect(self) -> SmtpSession:
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
            if connection.is_ehlo_or_helo_needed:  # after STARTTLS, or with TLS from the start
                await connection.ehlo()
        except (SMTPException, OSError, ValueError) as problem:
            connection.close()
            where = f"{smarthost.host}:{smarthost.port}"
            raise Unreachable(f"{where}: {_problem(problem)}") from problem
        except BaseException:
            connection.close()
            raise
        return open_session(
            connection.transport,
            [one for one in EXTENSIONS if connection.supports_extension(one)],
            timeout=self._timeout,
            patience=self._patience,
        )

    async def _hand_over(self, session: SmtpSession, letter: Letter, *, kept: bool) -> ProviderId:
        """Raises Ended when a kept connection turns out to be closed."""
        try:
            answer = await session.hand_over(letter)
            if answer.is_yes:
                self._rest(session)
                return ProviderId(str(answer))
            if kept and answer.code == CLOSING:
                session.close()
                raise Ended(str(answer))
            await self._begin_anew(session)
        except Refused:  # nothing was said yet
            self._rest(session)
            raise
        except (TimeoutError, OSError) as problem:
            session.close()
            raise Retry(said(problem)) from problem
        except BaseException:
            session.close()
            raise
        raise _verdict(answer)

    async def _begin_anew(self, session: SmtpSession) -> None:
        """After a mail that did not go through, the connection may still be good for others."""
        try:
            await session.reset()
        except (Ended, TimeoutError, OSError):
            session.close()
        else:
            self._rest(session)

    def _rest(self, session: SmtpSession) -> None:
        if not session.is_open:
            session.close()
            return
        loop = asyncio.get_running_loop()
        self._resting[session] = loop.time()
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle, self._retire)

    def _retire(self) -> None:
        """Those that have rested for long enough; by one timer for all of them."""
        self._sweep, loop = None, asyncio.get_running_loop()
        for session, since in list(self._resting.items()):
            left = since + self._idle - loop.time()
            if left > 0:
                self._sweep = loop.call_later(left, self._retire)
                return
            del self._resting[session]
            goodbye = asyncio.create_task(session.say_goodbye(GOODBYE))
            self._goodbyes.add(goodbye)
            goodbye.add_done_callback(self._goodbyes.discard)


def _verdict(answer: Answer) -> Retry | Refused:
    """4xx is for later, 5xx is final (RFC 5321, section 4.2.1), but our own login is no citizen's
    fault, and what one server will not carry another one may."""
    reason, code = str(answer), enhanced_code(answer.text)
    if answer.code in NOT_FOR_US:
        return Unreachable(reason)
    if answer.code < 500:
        return Retry(reason)
    if is_hard(code):
        return Gone(reason)
    return Declined(reason) if is_policy(code) else Refused(reason)


def _problem(problem: BaseException) -> str:
    if isinstance(problem, SMTPResponseException):
        return str(Answer(problem.code, problem.message))
    return said(problem)
