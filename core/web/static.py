"""Static files, kept in memory and served under an address that changes with their content.

``/static/<digest>/desk.js``: the digest is over all files, so that modules can import each other
by relative addresses, and a browser keeps them for ever.
"""

import gzip
import hashlib
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

FOLDER = Path(__file__).parent / "static"
PREFIX = "/static"
_FOR_EVER = "public, max-age=31536000, immutable"
_GZIP_FROM = 500  # bytes; less does not pay


@dataclass(frozen=True, slots=True)
class _File:
    media_type: str
    content: bytes
    gzipped: bytes


class StaticFiles:
    """An ASGI app to mount at ``/static``."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): _load(path) for path in paths}
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(f"{name} {len(file.content)}\n".encode() + file.content)
        self._digest = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; also of one that is not there yet (``make`` brings it)."""
        return f"{PREFIX}/{self._digest}/{name}"

    def has(self, name: str) -> bool:
        return name in self._files

    def content(self, name: str) -> bytes:
        return self._files[name].content

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", ""))).lstrip("/")
        response = self._response(path, Request(scope))
        await response(scope, receive, send)

    def _response(self, path: str, request: Request) -> Response:
        digest, _, name = path.partition("/")
        file = self._files.get(name)
        if file is None or request.method not in {"GET", "HEAD"}:
            return PlainTextResponse("no such file\n", status_code=404)
        headers = {
            "Cache-Control": _FOR_EVER if digest == self._digest else "no-cache",
            "Vary": "Accept-Encoding",
        }
        content = file.content
        if file.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
            content = file.gzipped
            headers["Content-Encoding"] = "gzip"
        return Response(content, media_type=file.media_type, headers=headers)


def _load(path: Path) -> _File:
    content = path.read_bytes()
    media_type = guess_type(path.name)[0] or "application/octet-stream"
    smaller = len(content) >= _GZIP_FROM and not media_type.startswith("image/png")
    return _File(media_type, content, gzip.compress(content, mtime=0) if smaller else b"")
