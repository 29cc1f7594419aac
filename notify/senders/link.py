"""The line between a process and the one beside it that sends: lists of Python's own, framed.

Both ends are ours and nobody else is on the line, which alone makes ``pickle`` safe.
"""

import asyncio
import pickle
import struct
from typing import Any

_LENGTH = struct.Struct("!I")


class Link:
    """One end. What is put within one turn of the event loop goes in one frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._batch: list[Any] = []

    def put(self, one: Any) -> None:
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._flush)
        self._batch.append(one)

    async def take(self) -> list[Any]:
        """What the other end has put. Raises EOFError or OSError when it has gone."""
        (length,) = _LENGTH.unpack(await self._reader.readexactly(_LENGTH.size))
        batch: list[Any] = pickle.loads(await self._reader.readexactly(length))  # noqa: S301
        return batch

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        if not batch or self._writer.is_closing():
            return
        try:  # all at once: what many have in common is in it once
            frame = pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)
        except BaseException:
            self._writer.close()  # lest somebody wait for an answer
            raise
        self._writer.write(_LENGTH.pack(len(frame)) + frame)
