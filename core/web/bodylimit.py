"""No request is read past a limit: counted while it streams, for Content-Length may lie."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Ends the reading of a body after ``most`` bytes; the route then answers 413."""

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
                # Of FastAPI's own kind: any other becomes "400, could not be parsed".
                raise HTTPException(413, headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)
