"""What other servers answer over HTTP: never more of it than we asked for."""

from typing import TYPE_CHECKING

from core.errors import BadInput

if TYPE_CHECKING:  # most towns ask few servers, and a start stays short
    from aiohttp import ClientResponse

CHUNK = 64 * 1024  # bytes


async def content_of(answer: "ClientResponse", most: int) -> bytes:
    """All of it, unpacked, in however many pieces it comes.

    Raises BadInput when that is more than ``most`` bytes: half of an answer is none.
    """
    content = bytearray()
    async for piece in answer.content.iter_chunked(CHUNK):
        content += piece
        if len(content) > most:
            raise BadInput(f"it is larger than {most} bytes")
    return bytes(content)
