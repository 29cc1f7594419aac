"""One SMTP connection after its handshake: mail after mail, in two round trips each.

``aiosmtplib`` opens the connection (greeting, EHLO, STARTTLS, login) and waits for the answer to
each command before it writes the next. From there on we write MAIL, RCPT and DATA at once where
the server allows it (PIPELINING, RFC 2920), which takes half the time and a quarter of the work.
"""

import asyncio
import re
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import inf
from typing import cast

from notify.senders.contract import Refused, Retry

MAX_ANSWER = 500  # characters kept of what the server said
MAX_LINES = 65_536  # bytes of one answer, after which it is no SMTP
GO_ON = 354  # answer to DATA
_LINE = re.compile(rb"(\d{3})([ -]?)([^\r\n]*)")


@dataclass(frozen=True, slots=True)
class Answer:
    code: int
    text: str

    @property
    def is_yes(self) -> bool:
        return self.code // 100 in (2, 3)

    def __str__(self) -> str:
        return f"{self.code} {self.text}"[:MAX_ANSWER]


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in its envelope."""

    sender: str
    recipient: str
    mail: bytes
    utf8: bool
    name: str
    """Our own for it, which a DSN repeats (RFC 3461, ENVID)."""


class Ended(Exception):
    """The server closed the connection, or spoke no SMTP."""


class SmtpSession(asyncio.Protocol):
    """The connection from the handshake on.

    Parameters
    ----------
    extensions
        What the server offers, in small letters.
    timeout, patience
        Seconds for the answer to a command, and to a whole mail.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        extensions: Collection[str],
        *,
        timeout: float,
        patience: float,
    ) -> None:
        self._transport = transport
        self._extensions = frozenset(extensions)
        self._timeout = timeout
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._due = inf
        """When the answer has to be there that is waited for, by the loop's clock."""
        self._timer: asyncio.TimerHandle | None = None
        self._received = b""
        self._lines: list[bytes] = []
        self._answers: deque[Answer] = deque()
        self._news: asyncio.Future[None] | None = None
        self._end: Exception | None = None
        self._closed = self._loop.create_future()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return self._end is None and not self._transport.is_closing()

    async def hand_over(self, letter: Letter) -> Answer:
        """Returns the server's last word: its yes, or the first no.

        Raises Refused when it lacks what the mail needs, Ended or TimeoutError when it went away
        before it had the mail, and Retry in doubt when it did so afterwards.
        """
        mail, rcpt = self._commands(letter)
        if "pipelining" in self._extensions:
            answers = await self._ask(mail, rcpt, b"DATA\r\n")
        else:
            answers = await self._one_by_one(mail, rcpt, b"DATA\r\n")
        no = next((answer for answer in answers if not answer.is_yes), None)
        if no is not None:
            if answers[-1].code == GO_ON:  # it would take a mail for nobody (RFC 2920, section 3.1)
                await self._ask(b".\r\n")
            return no
        try:
            (answer,) = await self._ask(_dotted(letter.mail), patience=self._patience)
        except (Ended, TimeoutError, OSError) as problem:
            raise Retry(f"no answer to the mail: {said(problem)}", in_doubt=True) from problem
        return answer

    async def reset(self) -> None:
        """Begin anew after a mail that did not go through."""
        await self._ask(b"RSET\r\n")

    async def say_goodbye(self, patience: float) -> None:
        try:
            self._transport.write(b"QUIT\r\n")
            async with asyncio.timeout(patience):
                await asyncio.shield(self._closed)
        except (TimeoutError, OSError):
            pass
        finally:
            self.close()

    def close(self) -> None:
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            found = _LINE.match(line)
            if found is None:
                self._give_up(Ended(f"no SMTP: {line[:80]!r}"))
                return
            self._lines.append(found[3].replace(b"\0", b"").strip())  # no store takes a zero
            if found[2] != b"-":
                text = b"\n".join(self._lines).decode("utf-8", "replace")
                self._answers.append(Answer(int(found[1]), text))
                self._lines.clear()
        if len(self._received) + sum(map(len, self._lines)) > MAX_LINES:
            self._give_up(Ended("an answer without an end"))
        self._tell()

    def eof_received(self) -> None:
        self._give_up(Ended("the server closed the connection"))

    def connection_lost(self, problem: Exception | None) -> None:
        self._give_up(Ended(str(problem or "the connection is closed")))
        if self._timer is not None:
            self._timer.cancel()
        if not self._closed.done():
            self._closed.set_result(None)

    def _give_up(self, problem: Exception) -> None:
        self._end = self._end or problem
        self._transport.close()
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def _one_by_one(self, *commands: bytes) -> Sequence[Answer]:
        answers: list[Answer] = []
        for command in commands:
            answers += await self._ask(command)
            if not answers[-1].is_yes:
                break
        return answers

    async def _ask(self, *commands: bytes, patience: float | None = None) -> Sequence[Answer]:
        """As many answers as commands; fewer when the server says goodbye in between."""
        if not self.is_open:
            raise self._end or Ended("the connection is closed")
        self._answers.clear()  # what it said without being asked
        self._transport.write(b"".join(commands))
        self._wait(self._timeout if patience is None else patience)
        while len(self._answers) < len(commands):
            if self._end is not None:
                if self._answers and not isinstance(self._end, TimeoutError):
                    break
                raise self._end
            self._news = self._loop.create_future()
            await self._news
        self._due = inf
        return [self._answers.popleft() for _ in range(min(len(commands), len(self._answers)))]

    def _wait(self, seconds: float) -> None:
        """By a timer that goes on over many answers: to set and cancel one for each would take as
        long as to sign a mail."""
        self._due = self._loop.time() + seconds
        if self._timer is None:
            self._look_again(seconds)

    def _look_again(self, seconds: float) -> None:
        soon = min(seconds, self._timeout, self._patience)
        self._timer = self._loop.call_later(soon, self._look)

    def _look(self) -> None:
        self._timer = None
        left = self._due - self._loop.time()
        if left <= 0:
            self._give_up(TimeoutError("no answer in time"))
        elif self._due < inf:
            self._look_again(left)

    def _commands(self, letter: Letter) -> tuple[bytes, bytes]:
        mail, rcpt = [f"MAIL FROM:<{letter.sender}>"], [f"RCPT TO:<{letter.recipient}>"]
        if "size" in self._extensions:
            mail.append(f"SIZE={len(letter.mail)}")
        if letter.utf8:
            if "smtputf8" not in self._extensions:
                raise Refused("the mail server takes no address in UTF-8 (SMTPUTF8)")
            mail += ["BODY=8BITMIME", "SMTPUTF8"]
        if "dsn" in self._extensions:  # RFC 3461: failures alone, and only the head of the mail
            mail += ["RET=HDRS", f"ENVID={letter.name}"]
            rcpt.append("NOTIFY=FAILURE")
        encoding = "utf-8" if letter.utf8 else "ascii"
        try:
            return _line(mail).encode(encoding), _line(rcpt).encode(encoding)
        except UnicodeEncodeError as problem:
            raise Refused(f"cannot be written in SMTP: {problem.object!r}") from problem


def open_session(
    transport: asyncio.BaseTransport | None,
    extensions: Collection[str],
    *,
    timeout: float,
    patience: float,
) -> SmtpSession:
    """Take the connection over from whoever has made the handshake."""
    return SmtpSession(
        cast(asyncio.Transport, transport), extensions, timeout=timeout, patience=patience
    )


def said(problem: BaseException) -> str:
    """What is told of a connection that failed."""
    return (str(problem) or type(problem).__name__)[:MAX_ANSWER]


def _line(words: Sequence[str]) -> str:
    line = " ".join(words)
    if "\r" in line or "\n" in line:
        raise Refused("an address with a line break")
    return line + "\r\n"


def _dotted(mail: bytes) -> bytes:
    """RFC 5321, section 4.5.2; the mail's lines end with CRLF."""
    if mail.startswith(b"."):
        mail = b"." + mail
    end = b"" if mail.endswith(b"\r\n") else b"\r\n"
    return mail.replace(b"\r\n.", b"\r\n..") + end + b".\r\n"
