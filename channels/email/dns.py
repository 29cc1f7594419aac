"""Questions to the DNS: asynchronous, cached, within a budget of time, and never an exception.

``dnspython`` does the work (RFC 1035); a name that does not exist and one without such records
look the same here, as they do to SPF, DKIM and DMARC.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

BUDGET = 5.0  # seconds that all questions about one mail may take together
CACHED = 10_000  # answers kept, for as long as each says
PORT = 53


class UnreachableError(Exception):
    """No answer, or none in time: ask again another day."""


class Resolver:
    """Asks the given servers (``address``, ``address:port``, ``[v6]:port``), or the system's.

    Raises
    ------
    ValueError
        When a server is not an IP address.
    """

    def __init__(
        self,
        servers: Sequence[str] = (),
        *,
        budget: float = BUDGET,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.budget = budget
        self._clock = clock
        self._dns = dns.asyncresolver.Resolver(configure=False)
        self._dns.cache = dns.resolver.LRUCache(CACHED)
        if servers:
            self._dns.nameservers = [_server(server) for server in servers]
        else:
            try:
                self._dns.read_resolv_conf("/etc/resolv.conf")
            except dns.resolver.NoResolverConfiguration:
                self._dns.nameservers = []

    def questions(self) -> "Questions":
        """A fresh budget, for one mail."""
        return Questions(self._dns, self._clock() + self.budget, self._clock)


class Questions:
    """What one mail asks; when its time is over every further question is unreachable at once."""

    def __init__(
        self, resolver: dns.asyncresolver.Resolver, deadline: float, clock: Callable[[], float]
    ) -> None:
        self._dns = resolver
        self._deadline = deadline
        self._clock = clock

    async def records(self, name: str, kind: str) -> list[Any]:
        """The records of a kind (``TXT``, ``A`` …); empty when there are none.

        Raises UnreachableError when the DNS gives no answer in time.
        """
        left = self._deadline - self._clock()
        if left <= 0 or not self._dns.nameservers:
            raise UnreachableError(f"no time left to ask for {name}")
        try:
            answer = await self._dns.resolve(
                name, kind, lifetime=left, raise_on_no_answer=False, search=False
            )
        except (dns.resolver.NXDOMAIN, dns.exception.SyntaxError, dns.exception.FormError):
            return []
        except UnicodeError:  # a name that cannot be a name
            return []
        except (dns.exception.DNSException, OSError) as problem:
            raise UnreachableError(f"{name} {kind}: {problem}") from problem
        return list(answer.rrset) if answer.rrset else []

    async def texts(self, name: str) -> list[bytes]:
        """TXT records, each put together from its strings."""
        return [b"".join(record.strings) for record in await self.records(name, "TXT")]


def _server(server: str) -> dns.nameserver.Do53Nameserver:
    host, _, port = server.rpartition(":") if _has_port(server) else (server, "", "")
    address = host.strip("[]")
    if not dns.inet.is_address(address):
        raise ValueError(f"{server!r} is not an IP address with or without a port")
    return dns.nameserver.Do53Nameserver(address, int(port or PORT))


def _has_port(server: str) -> bool:
    return server.count(":") == 1 or "]:" in server
