"""No request is read past a limit: counted while it streams, for Content-Length may lie."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Ends the reading of a body after ``most`` bytes; the route then answers 413.

    As much again is read and thrown away first: most clients hear the answer only once they have
    sent everything, and a connection that is closed on them before is a fault to them.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._most:
                await _drain(receive, message, self._most)
                # Of FastAPI's own kind: any other becomes "400, could not be parsed".
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)


async def _drain(receive: Receive, message: Message, most: int) -> None:
    thrown_away = 0
    while message.get("more_body") and thrown_away <= most:
        message = await receive()
        thrown_away += len(message.get("body", b""))
