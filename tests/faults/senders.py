"""Senders as real ones are: what was not answered is sent again, what was refused is not."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

WAIT = 0.05  # seconds before an unanswered mail is tried again


@dataclass
class Outcome:
    """What became of each mail, by its number."""

    accepted: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    unanswered: Counter[int] = field(default_factory=Counter)
    """How often its connection died before an answer."""


def raw_mail(number: int) -> bytes:
    return (
        f"From: Citizen {number} <citizen-{number}@citizens.example>\r\n"
        "To: mairie@demo.example\r\n"
        f"Subject: Fault {number}\r\n"
        f"Message-ID: <fault-{number}@citizens.example>\r\n"
        "\r\n"
        f"This is request number {number}, and there is none like it.\r\n"
    ).encode()


async def send_all(port: int, count: int, *, connections: int) -> Outcome:
    """Send mails 0 to ``count`` over that many connections, whatever happens to the server."""
    outcome = Outcome()
    numbers = iter(range(count))
    await asyncio.gather(*(_connection(port, numbers, outcome) for _ in range(connections)))
    return outcome


async def _connection(port: int, numbers: Iterator[int], outcome: Outcome) -> None:
    waiting = next(numbers, None)
    while waiting is not None:
        try:
            async with asyncio.timeout(30):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    await _command(reader, writer, b"EHLO citizens.example")
                    while waiting is not None:
                        answer = await _mail(reader, writer, waiting)
                        taken = answer.startswith(b"250")
                        (outcome.accepted if taken else outcome.refused).add(waiting)
                        waiting = next(numbers, None)
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
        except (OSError, EOFError, TimeoutError):
            if waiting is not None:
                outcome.unanswered[waiting] += 1
            await asyncio.sleep(WAIT)


async def _mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bytes:
    sender = f"MAIL FROM:<citizen-{number}@citizens.example>".encode()
    for command in (sender, b"RCPT TO:<mairie@demo.example>", b"DATA"):
        answer = await _command(reader, writer, command)
        if answer[:1] not in b"23":
            await _command(reader, writer, b"RSET")
            return answer
    return await _command(reader, writer, raw_mail(number) + b".")


async def _command(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes
) -> bytes:
    """Send a line, return the last line of the answer (after the greeting, too)."""
    writer.write(command + b"\r\n")
    while True:
        line = await reader.readline()
        if not line:
            raise EOFError
        if line[3:4] != b"-" and not line.startswith(b"220"):
            return line
