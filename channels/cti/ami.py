"""The manager interface of Asterisk (AMI): sections of ``Key: Value`` lines over TCP.

https://docs.asterisk.org/Configuration/Interfaces/Asterisk-Manager-Interface-AMI/

It does nothing but sign in and read: no action is asked of the exchange but to answer a ping.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from core.errors import Later, Refused

PORTS = {"ami": 5038, "amis": 5039}
ANSWER = 10.0  # seconds
QUIET = 60.0  # seconds without an event until we ask whether the exchange is still there
LIMIT = 64 * 1024  # bytes of one section
END = b"\r\n\r\n"
_UNSAFE = str.maketrans("", "", "\r\n")

Section = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Manager:
    """``url`` is ``ami://user@host:5038``, or ``amis://`` for TLS."""

    url: str
    password: str

    @asynccontextmanager
    async def events(self) -> AsyncIterator[AsyncIterator[Section]]:
        """Sign in; gives the events from now on, until the exchange hangs up.

        Raises
        ------
        Refused
            When it does not take our user or password.
        Later
            When it is away, hangs up or says nothing any more.
        """
        parts = urlsplit(self.url)
        secure = ssl.create_default_context() if parts.scheme == "amis" else None
        port = parts.port or PORTS[parts.scheme]
        try:
            async with asyncio.timeout(ANSWER):
                reader, writer = await asyncio.open_connection(
                    parts.hostname, port, ssl=secure, limit=LIMIT
                )
        except OSError as problem:  # a timeout is one, too
            raise Later(f"{parts.hostname}:{port}: {_told(problem)}") from problem
        try:
            await self._sign_in(reader, writer, unquote(parts.username or ""))
            yield _read(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as problem:
            raise Later(f"the exchange hung up: {_told(problem)}") from problem
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _sign_in(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, user: str
    ) -> None:
        async with asyncio.timeout(ANSWER):
            await reader.readline()  # "Asterisk Call Manager/9.0.0"
            await _ask(writer, "Login", Username=user, Secret=self.password, Events="call")
            async for section in _sections(reader):
                if section.get("Response") == "Success":
                    return
                if "Response" in section:
                    raise Refused(section.get("Message", "the exchange refuses us"))


async def _read(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> AsyncIterator[Section]:
    sections = _sections(reader)
    while True:
        coming = asyncio.ensure_future(anext(sections))
        try:
            if not (await asyncio.wait([coming], timeout=QUIET))[0]:
                await _ask(writer, "Ping")
            async with asyncio.timeout(ANSWER):
                section = await coming
        finally:
            coming.cancel()
        if "Event" in section:
            yield section


async def _sections(reader: asyncio.StreamReader) -> AsyncIterator[Section]:
    """Raises asyncio.IncompleteReadError at the end of the connection."""
    while True:
        raw = await reader.readuntil(END)
        lines = raw.decode("utf-8", "replace").splitlines()
        pairs = (line.partition(":") for line in lines)
        yield {key.strip(): value.strip() for key, colon, value in pairs if colon}


async def _ask(writer: asyncio.StreamWriter, action: str, **fields: str) -> None:
    lines = [f"{key}: {value.translate(_UNSAFE)}" for key, value in fields.items()]
    writer.write("\r\n".join([f"Action: {action}", *lines, "", ""]).encode())
    await writer.drain()


def _told(problem: Exception) -> str:
    return str(problem) or "no answer"
