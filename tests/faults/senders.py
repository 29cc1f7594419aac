"""Senders as real ones are: what was not answered, or put off, is sent again; what was refused is
not."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

WAIT = 0.05  # seconds before an unanswered mail is tried again
LATER = 0.5  # seconds before one is that was put off
LOOK = 0.02  # seconds between looks at how far they are

Write = Callable[[int], bytes]


@dataclass
class Outcome:
    """What became of each mail, by its number."""

    accepted: dict[int, float] = field(default_factory=dict)
    """When it was answered 250, by the monotonic clock."""
    refused: set[int] = field(default_factory=set)
    put_off: Counter[int] = field(default_factory=Counter)
    """How often it was answered 4xx."""
    unanswered: Counter[int] = field(default_factory=Counter)
    """How often its connection died before an answer."""

    async def until(self, condition: Callable[[], bool], *, within: float = 60.0) -> None:
        """Raises TimeoutError when it does not come true in time."""
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - every answer may make it true
                await asyncio.sleep(LOOK)

    async def until_accepted(self, count: int) -> None:
        await self.until(lambda: len(self.accepted) >= count)


def raw_mail(number: int) -> bytes:
    return (
        f"From: Citizen {number} <citizen-{number}@citizens.example>\r\n"
        "To: mairie@demo.example\r\n"
        f"Subject: Fault {number}\r\n"
        f"Message-ID: <fault-{number}@citizens.example>\r\n"
        "\r\n"
        f"This is request number {number}, and there is none like it.\r\n"
    ).encode()


@dataclass(frozen=True)
class Senders:
    """``count`` mails, numbered from 0, over that many connections, whatever happens to the
    servers.

    Parameters
    ----------
    ports
        Of servers that are as good as each other: who is not answered tries the next one.
    pace
        Seconds that a connection waits between two mails.
    within
        Seconds until a mail that is not answered for good fails the test.
    """

    ports: Sequence[int]
    count: int
    connections: int
    pace: float = 0.0
    write: Write = raw_mail
    within: float = 180.0
    outcome: Outcome = field(default_factory=Outcome)

    async def send_all(self) -> Outcome:
        numbers = iter(range(self.count))
        async with asyncio.timeout(self.within), asyncio.TaskGroup() as senders:
            for first in range(self.connections):
                senders.create_task(self._sender(first, numbers))
        return self.outcome

    async def _sender(self, attempt: int, numbers: Iterator[int]) -> None:
        waiting = next(numbers, None)
        while waiting is not None:
            attempt += 1
            try:
                async with _Connection(self.ports[attempt % len(self.ports)]) as connection:
                    while waiting is not None:
                        answer = await connection.send(waiting, self.write(waiting))
                        if answer.startswith(b"4"):
                            self.outcome.put_off[waiting] += 1
                            await asyncio.sleep(LATER)
                            continue
                        if answer.startswith(b"250"):
                            self.outcome.accepted[waiting] = time.monotonic()
                        else:
                            self.outcome.refused.add(waiting)
                        waiting = next(numbers, None)
                        await asyncio.sleep(self.pace)
            except (OSError, EOFError, TimeoutError):
                if waiting is not None:
                    self.outcome.unanswered[waiting] += 1
                await asyncio.sleep(WAIT)


class _Connection:
    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> "_Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            await self._command(b"EHLO citizens.example")
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def send(self, number: int, mail: bytes) -> bytes:
        """Returns the last answer."""
        sender = f"MAIL FROM:<citizen-{number}@citizens.example>".encode()
        for command in (sender, b"RCPT TO:<mairie@demo.example>", b"DATA"):
            answer = await self._command(command)
            if answer[:1] not in b"23":
                await self._command(b"RSET")
                return answer
        return await self._command(mail + b".")

    async def _command(self, command: bytes) -> bytes:
        """Send a line, return the last line of the answer (after the greeting, too)."""
        self._writer.write(command + b"\r\n")
        async with asyncio.timeout(30):
            while True:
                line = await self._reader.readline()
                if not line:
                    raise EOFError
                if line[3:4] != b"-" and not line.startswith(b"220"):
                    return line
