"""Ports for the servers that tests start."""

import random
import socket
from contextlib import suppress

# Linux gives connections that go out a port from 32768 on (ip_local_port_range): none of them takes
# that of a server that is down for a while. By chance, as other tests choose beside these.
PORTS = range(10_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now."""
    sockets = [_bound() for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _bound() -> socket.socket:
    one = socket.socket()
    while not one.getsockname()[1]:
        with suppress(OSError):  # somebody has this one
            one.bind(("127.0.0.1", random.SystemRandom().choice(PORTS)))
    return one
