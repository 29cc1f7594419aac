"""Pages of a document of the wallet as pictures that we draw, in a process beside.

What is in a wallet is on no disk unsealed: it goes to that process, and is drawn, in memory.
"""

from core.errors import BadInput
from ocr import Limits, inspect, page_image

WIDTH = 1000  # pixels


def pages_of(content: bytes, limits: Limits) -> int:
    """How many can be shown; 0 for what is neither a PDF nor an image, locked or broken."""
    try:
        return inspect(content, limits).pages
    except BadInput:
        return 0


def picture_of(content: bytes, number: int, limits: Limits) -> bytes:
    """A page, from 1, as JPEG. Raises BadInput."""
    return page_image(content, number - 1, 0, WIDTH, limits)
