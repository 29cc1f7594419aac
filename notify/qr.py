"""The QR code of a receipt: named in its HTML, drawn only when the mail is composed or shown.

So a delivery stays small, and is the same to the last byte however often it is sent.
"""

import html
import io
import re
from typing import Any

from core.printing import qr_picture

CID = "tracking@guichet"
"""Content-ID of the picture; templates write ``src="cid:tracking@guichet"`` into a link."""
SCALE = 5  # pixels of one module
_LINKED = re.compile(rf'<a href="([^"]+)"[^>]*><img src="cid:{re.escape(CID)}"')


def picture_of(words: str) -> bytes:
    """A PNG that says where the link around it leads to; empty when there is no such picture."""
    found = _LINKED.search(words) if CID in words else None
    if found is None:
        return b""
    import zxingcpp
    from PIL import Image

    code = zxingcpp.create_barcode(html.unescape(found[1]), zxingcpp.BarcodeFormat.QRCode)
    drawn = io.BytesIO()
    pixels: Any = zxingcpp.write_barcode_to_image(code, scale=SCALE)
    height, width, *_ = pixels.shape
    Image.frombytes("L", (width, height), bytes(pixels)).convert("1").save(drawn, "PNG")
    return drawn.getvalue()


def shown(words: str) -> str:
    """For a page, where nothing is attached: with the picture in the words themselves."""
    found = _LINKED.search(words)
    if found is None:
        return words
    return words.replace(f"cid:{CID}", qr_picture(html.unescape(found[1])))
