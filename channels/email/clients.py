"""Who hands a mail in: this machine itself, a server that we were told of, or anybody."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def is_loopback(client: str) -> bool:
    """Whether it is this machine; a client without an address came by a Unix socket."""
    address = _address(client)
    return not client or (address is not None and address.is_loopback)


def is_address(client: str) -> bool:
    return _address(client) is not None


def is_among(client: str, networks: Iterable[str]) -> bool:
    """Whether it is one of these addresses, or of these networks (``192.0.2.0/24``)."""
    address = _address(client)
    return address is not None and any(
        address in ip_network(network, strict=False) for network in networks
    )


def _address(client: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(client)
    except ValueError:
        return None
    # A socket for both families shows its IPv4 clients as ::ffff:192.0.2.1.
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
