"""A DNS server on loopback, with a zone of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from dnslib import AAAA, MX, QTYPE, RCODE, RR, TXT, A, DNSRecord

Zone = Mapping[str, str | list[str]]
"""Records by ``name KIND``: ``{"_dmarc.exemple.example TXT": "v=DMARC1; p=reject"}``."""

_KINDS = {"A": A, "AAAA": AAAA, "TXT": lambda text: TXT(_pieces(text)), "MX": MX}


class _Server(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone, code: int) -> None:
        self._zone = zone
        self._code = code
        self.asked: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def datagram_received(self, data: bytes, address: Any) -> None:
        request = DNSRecord.parse(data)
        name, kind = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked.append(f"{name} {kind}")
        reply = request.reply()
        values = self._zone.get(f"{name} {kind}", [])
        for value in [values] if isinstance(values, str) else values:
            record = _KINDS[kind](value)
            reply.add_answer(RR(request.q.qname, request.q.qtype, rdata=record, ttl=60))
        if self._code:
            reply.header.rcode = self._code
        elif not any(key.startswith(f"{name} ") for key in self._zone):
            reply.header.rcode = RCODE.NXDOMAIN
        self._transport.sendto(reply.pack(), address)


class Nameserver:
    """Where it listens, and what it was asked."""

    def __init__(self, address: str, asked: list[str]) -> None:
        self.address = address
        self.asked = asked


@asynccontextmanager
async def nameserver(zone: Zone, *, code: int = 0) -> AsyncIterator[Nameserver]:
    """``code`` is answered to everything when it is given (2: "I have failed")."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: _Server(zone, code), local_addr=("127.0.0.1", 0)
    )
    host, port = transport.get_extra_info("sockname")[:2]
    try:
        yield Nameserver(f"{host}:{port}", server.asked)
    finally:
        transport.close()


@asynccontextmanager
async def silent_nameserver() -> AsyncIterator[str]:
    """The address of one that never answers."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    host, port = transport.get_extra_info("sockname")[:2]
    try:
        yield f"{host}:{port}"
    finally:
        transport.close()


def _pieces(text: str) -> list[str]:
    """A TXT record is made of strings of 255 bytes at most."""
    return [text[start : start + 255] for start in range(0, len(text), 255)]
