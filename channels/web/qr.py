"""QR codes for pages (ISO/IEC 18004), drawn by ``zxing-cpp``."""

import re

_SIZE = re.compile(r'<svg width="(\d+)"')
_PATH = re.compile(r'<path d="([^"]+)"')


def qr_code(text: str) -> tuple[int, str]:
    """Width of the view box and the path of an SVG; a quiet zone is in it."""
    import zxingcpp

    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_svg()
    size, path = _SIZE.search(drawn), _PATH.search(drawn)
    if size is None or path is None:
        raise RuntimeError("zxing-cpp draws its codes in another way now")
    return int(size[1]), path[1]
