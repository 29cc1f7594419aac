"""Who sends too much hears so, rather than being hung up on."""

import asyncio

import pytest

from tests.agent_api.building import House
from tests.agent_api.serving import served

CHUNK = 1024 * 1024  # bytes


async def answer_to(url: str, token: str, size: int, *, stated: bool) -> bytes:
    """The status line that a client reads who sends all before it reads anything."""
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        "POST /api/v1/intakes HTTP/1.1\r\nHost: town\r\nContent-Type: message/rfc822\r\n"
        f"Authorization: Bearer {token}\r\nIdempotency-Key: a\r\n"
    )
    head += f"Content-Length: {size}\r\n\r\n" if stated else "Transfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    for _ in range(size // CHUNK):
        writer.write(b"x" * CHUNK if stated else b"%x\r\n%b\r\n" % (CHUNK, b"x" * CHUNK))
        await writer.drain()
    if not stated:
        writer.write(b"0\r\n\r\n")
    line = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return line


@pytest.mark.parametrize("stated", [True, False])
async def test_a_client_that_sends_a_little_too_much_reads_413(house: House, stated: bool) -> None:
    too_much = 2 * house.town.settings.max_upload + 20 * CHUNK
    async with served(house.app) as url:
        line = await answer_to(url, await house.token(), too_much, stated=stated)
    assert line.startswith(b"HTTP/1.1 413 ")
