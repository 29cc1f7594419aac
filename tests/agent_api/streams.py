"""Reading an answer while it comes: httpx's ASGI transport waits for its end."""

import asyncio
import json
from typing import Any

import httpx
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message


class Stream:
    """A GET whose answer is read part by part; :meth:`run` it beside."""

    def __init__(self, app: ASGIApp, path: str, cookies: httpx.Cookies) -> None:
        self.status = 0
        self.headers = Headers()
        self._app = app
        self._path = path
        self._cookies = "; ".join(f"{name}={value}" for name, value in cookies.items())
        self._parts: asyncio.Queue[str | None] = asyncio.Queue()

    async def run(self) -> None:
        path, _, query = self._path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1"), (b"cookie", self._cookies.encode())],
            "client": ("127.0.0.1", 50_000),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        await self._app(scope, self._receive, self._send)

    async def part(self) -> str | None:
        """The next part; None at the end."""
        return await asyncio.wait_for(self._parts.get(), 10)

    async def change(self) -> dict[str, Any]:
        """The next change of a case that the page hears of."""
        kind, data = await self.event()
        assert kind == "case.changed"
        return data

    async def event(self) -> tuple[str, dict[str, Any]]:
        """The next event: what kind it is of, and its data."""
        part = await self.part()
        assert part is not None, "the stream has ended"
        lines = dict(line.split(": ", 1) for line in part.splitlines() if line)
        return lines["event"], json.loads(lines["data"])

    async def rest(self) -> str:
        """All until the end."""
        parts = []
        while (part := await self.part()) is not None:
            parts.append(part)
        return "".join(parts)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()  # the browser stays
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = Headers(raw=message["headers"])
            return
        if message.get("body"):
            self._parts.put_nowait(message["body"].decode())
        if not message.get("more_body"):
            self._parts.put_nowait(None)
