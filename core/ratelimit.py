"""How often one client may try something, and who the client is.

A small face of the ``limits`` library (https://limits.readthedocs.io): counts are kept in memory,
over a sliding window, so that a restart forgets them and each process counts for itself.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request

from core.errors import GuichetError

IPV6_PREFIX = 64  # bits: one household or office has at least that many IPv6 addresses


class TooMany(GuichetError):
    """Tried too often; HTTP says 429 (RFC 6585, section 4)."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("tried too often")
        self.retry_after = retry_after
        """Seconds to wait before the next try."""


class RateLimit:
    """Lets each client through ``times`` in any ``seconds``."""

    def __init__(self, times: int, seconds: int) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerSecond(times, seconds)

    async def count(self, client: str) -> None:
        """Count one try. Raises TooMany, which counts nothing, when there were enough."""
        if not await self._limiter.hit(self._rate, client):
            raise TooMany(await self._wait(client))

    async def check(self, client: str) -> None:
        """Raises TooMany when one more try would be too many; counts nothing."""
        if not await self._limiter.test(self._rate, client):
            raise TooMany(await self._wait(client))

    async def _wait(self, client: str) -> float:
        reset = (await self._limiter.get_window_stats(self._rate, client)).reset_time
        return max(1.0, reset - time.time())


@dataclass(frozen=True, slots=True)
class Logins:
    """How often somebody may try to sign in."""

    by_client: RateLimit = field(default_factory=lambda: RateLimit(60, 600))
    """Any try; generous, for a town hall is often one address."""
    by_account_and_client: RateLimit = field(default_factory=lambda: RateLimit(10, 600))
    """Wrong passwords for one account from one client: nobody else is locked out by them."""
    by_account: RateLimit = field(default_factory=lambda: RateLimit(200, 600))
    """The same from wherever they come: a botnet has many addresses."""

    async def check(self, account: str, client: str) -> None:
        """Count a try. Raises TooMany when there were enough wrong ones."""
        await self.by_client.count(client)
        await self.by_account.check(account)
        await self.by_account_and_client.check(f"{account} {client}")

    async def wrong(self, account: str, client: str) -> None:
        """Count what was wrong."""
        await self.by_account.count(account)
        await self.by_account_and_client.count(f"{account} {client}")


def client_address(request: Request, trusted_proxies: Sequence[str]) -> str:
    """The address that a request comes from.

    ``trusted_proxies`` are addresses or networks. The last entry of X-Forwarded-For that none of
    them wrote about itself is the client's; what stands before it is anybody's invention.
    """
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).split(",")
    hops = [*(hop.strip() for hop in forwarded if hop.strip()), peer]
    while len(hops) > 1 and _is_trusted(hops[-1], trusted_proxies) and _parsed(hops[-2]):
        hops.pop()
    return hops[-1]


def client_group(address: str) -> str:
    """What tries are counted for: an IPv4 address, or the IPv6 network that one client commands."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, IPV6_PREFIX), strict=False))
    return address


def _is_trusted(address: str, trusted_proxies: Sequence[str]) -> bool:
    parsed = _parsed(address)
    if parsed is None:
        return address in trusted_proxies
    return any(parsed in network for network in map(_network, trusted_proxies) if network)


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(address)
    except ValueError:
        return None
