"""A manager interface as Asterisk has one, that plays what it is given."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
PASSWORD = "the manager's secret"


@dataclass
class FakeManager:
    """``plays`` are what each connection is told after it has signed in, one after the other;
    the last connection stays open, those before are cut."""

    plays: Sequence[str]
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    """The actions that were asked, of all connections."""
    serving: list[asyncio.Task[None] | None] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.current_task())
        try:
            await self._play(reader, writer)
        finally:
            writer.close()

    async def _play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(BANNER)
        login = await self._action(reader)
        if login.get("Secret") != PASSWORD:
            writer.write(b"Response: Error\r\nMessage: Authentication failed\r\n\r\n")
            return
        writer.write(b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n")
        number = sum(one["Action"] == "Login" for one in self.asked) - 1
        writer.write(self.plays[number].replace("\n", "\r\n").encode())
        await writer.drain()
        if number < len(self.plays) - 1:
            return
        while action := await self._action(reader):
            writer.write(f"Response: Success\r\nPing: {action['Action']}\r\n\r\n".encode())

    async def _action(self, reader: asyncio.StreamReader) -> dict[str, str]:
        try:
            raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return {}
        lines = raw.decode().strip().split("\r\n")
        self.asked.append(dict(line.split(": ", 1) for line in lines))
        return self.asked[-1]


@asynccontextmanager
async def manager(*plays: str) -> AsyncIterator[FakeManager]:
    fake = FakeManager(plays)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    fake.url = f"ami://guichet@127.0.0.1:{port}"
    try:
        yield fake
    finally:
        server.close()
        await asyncio.gather(*(task for task in fake.serving if task), return_exceptions=True)
        await asyncio.sleep(0)  # the sockets close now


def play(*events: dict[str, str]) -> str:
    """Events as they go over the wire."""
    return "".join(
        "".join(f"{key}: {value}\n" for key, value in event.items()) + "\n" for event in events
    )


def channel(name: str, call: str = "1773057600.17", **more: str) -> dict[str, str]:
    """An event of the first channel of a call: a citizen's, that came by a trunk."""
    return {
        "Event": name,
        "Privilege": "call,all",
        "Channel": "PJSIP/trunk-operator-0000001e",
        "ChannelStateDesc": "Ring",
        "CallerIDNum": "0612345678",
        "CallerIDName": "<unknown>",
        "Exten": "0199001002",
        "Uniqueid": call,
        "Linkedid": call,
        **more,
    }


def dial(name: str, extension: str, call: str = "1773057600.17", **more: str) -> dict[str, str]:
    """An event of ringing at an extension."""
    return channel(
        name,
        call,
        DestChannel=f"PJSIP/{extension}-0000001f",
        DestExten=extension,
        DestUniqueid="1773057600.18",
        DestLinkedid=call,
        **more,
    )
