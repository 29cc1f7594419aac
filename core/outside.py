"""Connecting to what a stranger has named, without being led into our own network.

No private address is connected to, whatever name or redirect leads there (server-side request
forgery). The check is made on the address that is then connected to, so that a name that changes
its mind between the two gains nothing.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

Address = IPv4Address | IPv6Address
_NAT64 = ip_network("64:ff9b::/96")


class NotPublic(OSError):
    """An address that nobody outside could reach."""

    def __init__(self) -> None:
        super().__init__("this address is not public")


def is_public(address: Address) -> bool:
    """Whether it belongs to the Internet, with addresses that carry another one inside."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


def check_host(host: str, may: Callable[[Address], bool] = is_public) -> None:
    """A number in the place of a name is asked of no resolver. Raises NotPublic.

    Neither are ``2130706433`` and ``127.1``, which some systems take for addresses: no name is so.
    """
    try:
        address = ip_address(host)
    except ValueError as problem:
        if host.replace(".", "").isdigit():
            raise NotPublic from problem
        return
    if not may(address):
        raise NotPublic


class OutsideResolver(AbstractResolver):
    """Of a client session's connector; ``may`` decides which addresses are connected to."""

    def __init__(self, may: Callable[[Address], bool] = is_public) -> None:
        self._may = may
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not all(self._may(ip_address(one["host"].partition("%")[0])) for one in found):
            raise NotPublic
        return found

    async def close(self) -> None:
        await self._resolver.close()
