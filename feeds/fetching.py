"""Fetching a page of somebody else's, at an address that an agent typed in.

Our own network is not to be reached that way (:mod:`core.outside`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
from yarl import URL

from core.errors import Refused
from core.outside import Address, NotPublic, OutsideResolver, check_host, is_public

MOST_BYTES = 2 * 1024 * 1024  # unpacked
MOST_REDIRECTS = 5
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5, sock_read=10)
CHUNK = 64 * 1024  # bytes
AGENT = "Guichet (+feeds)"


class NotFetched(Refused):
    """It could not be had; the reason says why, for an agent."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``content`` is None when it has not changed since."""

    content: bytes | None
    url: str
    """Where it was in the end."""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


class Fetching:
    """``may`` decides which addresses are connected to."""

    def __init__(self, may: Callable[[Address], bool] = is_public) -> None:
        self._may = may

    async def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        """One GET, with redirects. Raises NotFetched."""
        headers = {
            "User-Agent": AGENT,
            "Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.1",
        }
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        connector = aiohttp.TCPConnector(resolver=OutsideResolver(self._may), use_dns_cache=False)
        try:
            async with aiohttp.ClientSession(
                connector=connector,
                timeout=TIMEOUT,
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as client:
                return await self._follow(client, URL(url))
        except NotPublic as problem:
            raise NotFetched(str(problem)) from problem
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            if isinstance(problem.__cause__, NotPublic):
                raise NotFetched(str(problem.__cause__)) from problem
            reason = str(problem) or type(problem).__name__
            raise NotFetched(reason[:200]) from problem

    async def _follow(self, client: aiohttp.ClientSession, url: URL) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            self._check(url)
            async with client.get(url, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = url.join(URL(answer.headers.get("Location", "")))
                    continue
                if answer.status == 304:
                    return Fetched(None, str(url))
                if answer.status != 200:
                    raise NotFetched(f"HTTP {answer.status}")
                return Fetched(
                    await _content(answer),
                    str(url),
                    answer.headers.get("Content-Type", ""),
                    answer.headers.get("ETag", "")[:500],
                    answer.headers.get("Last-Modified", "")[:100],
                )
        raise NotFetched("too many redirects")

    def _check(self, url: URL) -> None:
        if url.scheme not in ("http", "https") or not url.host:
            raise NotFetched("only http and https")
        if url.user or url.password:
            raise NotFetched("no password in an address")
        check_host(url.host, self._may)


async def _content(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK):
        content += chunk
        if len(content) > MOST_BYTES:
            raise NotFetched("it is too large")
    return bytes(content)
