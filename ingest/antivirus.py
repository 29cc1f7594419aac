"""Files are looked through by ClamAV, where a town has it (https://docs.clamav.net/, ``clamd``).

A file that is found out stays in the raw intake, and is neither given to anybody nor opened by us.
"""

import asyncio
from collections.abc import Sequence
from io import BytesIO
from typing import Protocol
from urllib.parse import urlsplit

from core.errors import Later

TIMEOUT = 60  # seconds for one file
AT_ONCE = 4  # files


class Antivirus(Protocol):
    async def names_of(self, contents: Sequence[bytes]) -> list[str]:
        """Of each content what is wrong with it; empty where nothing is. Raises Later."""
        ...


class ClamAV:
    """``url``: ``tcp://host:3310``, or ``unix:///run/clamav/clamd.ctl``."""

    def __init__(self, url: str) -> None:
        self._url = urlsplit(url)
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def names_of(self, contents: Sequence[bytes]) -> list[str]:
        return list(await asyncio.gather(*map(self._name_of, contents)))

    async def _name_of(self, content: bytes) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._ask, content)

    def _ask(self, content: bytes) -> str:
        from clamav_client.clamd import (
            BufferTooLongError,
            ClamdError,
            ClamdNetworkSocket,
            ClamdUnixSocket,
        )

        server = (
            ClamdUnixSocket(self._url.path, TIMEOUT)
            if self._url.scheme == "unix"
            else ClamdNetworkSocket(self._url.hostname or "", self._url.port or 3310, TIMEOUT)
        )
        try:
            ((status, name),) = server.instream(BytesIO(content)).values()
        except BufferTooLongError:
            return (
                ""  # clamd takes no file of this size; its administrator decides (StreamMaxLength)
            )
        except (ClamdError, OSError, ValueError) as problem:
            raise Later(f"ClamAV is away: {problem}") from problem
        if status == "ERROR":
            raise Later(f"ClamAV could not look: {name}")
        return str(name or "unknown") if status == "FOUND" else ""
