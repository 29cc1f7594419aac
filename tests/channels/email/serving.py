"""The real server on a free port, and a client that speaks to it word by word."""

import asyncio
import smtplib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from sqlalchemy import select

from channels.email.mailboxes import Mailboxes
from channels.email.server import EmailChannel, MailServer
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from ingest import Accept
from ingest.models import IntakeRow
from tests.builders import SettableClock

PATIENCE = 10.0  # seconds for one answer
OURS = ("mairie@demo.example", "voirie@demo.example", "zoé@demo.example")
MAIL = (
    b"From: Zoe <zoe@exemple.example>\r\nTo: mairie@demo.example\r\nSubject: Trou\r\n"
    b"\r\nIl y a un trou.\r\n"
)


@asynccontextmanager
async def serving(
    accept: Accept, *, clock: Clock | None = None, **options: Any
) -> AsyncIterator[EmailChannel]:
    """Without a clock of its own the server's stands still, as no midnight is to pass."""
    defaults: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "hostname": "mx.demo.example",
        "mailboxes": Mailboxes(OURS),
        "max_size": 1024 * 1024,
    }
    channel = EmailChannel(MailServer(**(defaults | options)), clock or SettableClock())
    task = asyncio.create_task(channel.run(accept))
    await asyncio.wait_for(channel.ready.wait(), PATIENCE)
    try:
        yield channel
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Client:
    """One connection; every answer is given whole, its lines joined by a line feed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self) -> str:
        """The next answer; empty when the server has hung up."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self._reader.readline(), PATIENCE)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, command: str | bytes) -> str:
        data = command.encode() if isinstance(command, str) else command
        await self.send(data + b"\r\n")
        return await self.answer()

    async def envelope(self, *recipients: str, sender: str = "zoe@exemple.example") -> list[str]:
        commands = [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in recipients)]
        return [await self.say(command) for command in commands]

    async def mail(self, raw: bytes, *recipients: str) -> str:
        """Send a mail as it is, its dots being stuffed already; the answer to its end."""
        await self.envelope(*(recipients or ("mairie@demo.example",)))
        assert (await self.say("DATA")).startswith("354")
        await self.send(raw)
        return await self.say(b".")

    async def ended(self) -> bool:
        """Whether the server hangs up, whatever it says before."""
        with suppress(ConnectionError):
            await asyncio.wait_for(self._reader.read(), PATIENCE)
        return True

    async def hang_up(self) -> None:
        self._writer.close()
        with suppress(ConnectionError):  # the server may have hung up before
            await self._writer.wait_closed()


@asynccontextmanager
async def talking(channel: EmailChannel, *, hello: str = "EHLO x.example") -> AsyncIterator[Client]:
    client = Client(*await asyncio.open_connection("127.0.0.1", channel.port))
    assert (await client.answer()).startswith("220 ")
    if hello:
        assert (await client.say(hello)).startswith("250")
    try:
        yield client
    finally:
        await client.hang_up()


async def with_smtplib(
    channel: EmailChannel, talk: Callable[[smtplib.SMTP], Any], *, kind: Any = smtplib.SMTP
) -> Any:
    """What ``talk`` gives, with the client of the stdlib, in a thread of its own."""

    def in_a_thread() -> Any:
        with kind("127.0.0.1", channel.port, timeout=PATIENCE) as client:
            return talk(client)

    return await asyncio.to_thread(in_a_thread)


async def intakes(database: Database) -> Sequence[IntakeRow]:
    """What is in the store, seen from another connection."""
    other = Database(database.url)
    async with other.read() as session:
        rows = (await session.scalars(select(IntakeRow))).all()
    await other.close()
    return rows


async def stored(database: Database, blobs: Blobs) -> list[bytes]:
    """The raw mails in the store."""
    rows = await intakes(database)
    async with database.read() as session:
        return [await blobs.read(session, row.raw_sha256) for row in rows]
