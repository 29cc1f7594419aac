"""Fetching a page of somebody else's, at an address that an agent typed in.

Our own network is not to be reached that way (server-side request forgery): no private address is
connected to, whatever name or redirect leads there. The check is made on the address that is then
connected to, so that a name that changes its mind between the two gains nothing.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from core.answers import content_of
from core.errors import BadInput, Refused

MOST_BYTES = 2 * 1024 * 1024  # unpacked
MOST_REDIRECTS = 5
TIMEOUT = aiohttp.ClientTimeout(total=20, sock_connect=5, sock_read=10)
AGENT = "Guichet (+feeds)"

Address = IPv4Address | IPv6Address
_TRANSLATED = (
    ip_network("64:ff9b::/96"),  # NAT64, RFC 6052
    ip_network("64:ff9b:1::/48"),  # a network's own NAT64, RFC 8215
    ip_network("::/96"),  # "IPv4-compatible", RFC 4291: given up, yet some stacks take it
)


class NotFetched(Refused):
    """It could not be had; the reason says why, for an agent."""


class _Forbidden(OSError):
    """An address that nobody outside could reach."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """``content`` is None when it has not changed since."""

    content: bytes | None
    url: str
    """Where it was in the end."""
    content_type: str = ""
    etag: str = ""
    last_modified: str = ""


def is_public(address: Address) -> bool:
    """Whether it belongs to the Internet, with addresses that carry another one inside."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or any(address in one for one in _TRANSLATED):
            return False
    return address.is_global and not address.is_multicast


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
        connector = aiohttp.TCPConnector(resolver=_Resolver(self._may), use_dns_cache=False)
        try:
            async with aiohttp.ClientSession(
                connector=connector,
                timeout=TIMEOUT,
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as client:
                return await self._follow(client, URL(url))
        except BadInput as problem:
            raise NotFetched(problem.reason) from problem
        except _Forbidden as problem:
            raise NotFetched(str(problem)) from problem
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            if isinstance(problem.__cause__, _Forbidden):
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
                    await content_of(answer, MOST_BYTES),
                    str(url),
                    answer.headers.get("Content-Type", ""),
                    answer.headers.get("ETag", "")[:500],
                    answer.headers.get("Last-Modified", "")[:100],
                )
        raise NotFetched("too many redirects")

    def _check(self, url: URL) -> None:
        """A number in the place of a name is asked of no resolver."""
        if url.scheme not in ("http", "https") or not url.host:
            raise NotFetched("only http and https")
        if url.user or url.password:
            raise NotFetched("no password in an address")
        try:
            address = ip_address(url.host)
        except ValueError:
            return
        if not self._may(address):
            raise NotFetched("this address is not public")


class _Resolver(AbstractResolver):
    def __init__(self, may: Callable[[Address], bool]) -> None:
        self._may = may
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(self._may(ip_address(one["host"].partition("%")[0])) for one in found):
            raise _Forbidden("this address is not public")
        return found

    async def close(self) -> None:
        await self._resolver.close()
