"""Senders of load: Postfix's ``smtp-source``, and one that sends given mails at a given pace."""

import asyncio
import subprocess
import time
from collections.abc import Sequence

MAILBOX = "mairie@demo.example"


def smtp_source(port: int, *, mails: int, connections: int, size: int) -> float:
    """Mails a second that the server on ``port`` answers 250 to; a connection for each mail."""
    command = ["smtp-source", "-s", str(connections), "-m", str(mails), "-l", str(size)]
    command += ["-f", "citoyen@citoyens.example", "-t", MAILBOX, f"127.0.0.1:{port}"]
    started = time.perf_counter()
    subprocess.run(command, check=True)
    return mails / (time.perf_counter() - started)


async def send(
    port: int, mails: Sequence[bytes], *, connections: int, pace: float = 0.0
) -> list[float]:
    """Send the mails and return the moment (``time.time``) of each one's 250, in their order.

    ``pace`` is in mails a second over all connections; 0 is as fast as they are taken.
    """
    answered = [0.0] * len(mails)
    waiting = iter(enumerate(mails))
    started = time.monotonic()

    async def connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await _expect(reader, b"220")
        writer.write(b"EHLO bench.example\r\n")
        await _expect(reader, b"250")
        for number, mail in waiting:
            if pace:
                await asyncio.sleep(max(0.0, started + number / pace - time.monotonic()))
            writer.write(
                b"MAIL FROM:<citoyen@citoyens.example>\r\n"
                b"RCPT TO:<" + MAILBOX.encode() + b">\r\nDATA\r\n"
            )
            for code in (b"250", b"250", b"354"):
                await _expect(reader, code)
            writer.write(mail + b".\r\n")
            await _expect(reader, b"250")
            answered[number] = time.time()
        writer.write(b"QUIT\r\n")
        await _expect(reader, b"221")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(connections)))
    return answered


async def _expect(reader: asyncio.StreamReader, code: bytes) -> None:
    while True:
        line = await reader.readline()
        if not line.startswith(code):
            raise RuntimeError(f"expected {code!r}, got {line!r}")
        if line[3:4] != b"-":
            return
