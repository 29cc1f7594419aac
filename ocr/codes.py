"""Bar codes on a page: QR (ISO/IEC 18004) and Code 128 (ISO/IEC 15417), by ``zxing-cpp``."""

from typing import TYPE_CHECKING, Any

from ocr.page import Code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Grey = NDArray[Any]

MAX_CODES = 20
MAX_LENGTH = 500  # characters of one
NAMES = {"QRCode": "qr", "Code128": "code128"}


def codes(*pictures: "Grey") -> tuple[Code, ...]:
    """Every code on the page, however it lies.

    ``pictures`` are of the same page: as it came, because narrow bars do not outlive another
    resolution, and the clean, level one. Both are looked at, and the last one smoothed, so that
    specks and the stairs of a fax do not break the bars. A page that needed no cleaning is one
    picture alone.
    """
    import cv2

    half = cv2.resize(pictures[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    looked_at = {id(one): one for one in (*pictures, half)}
    found = dict.fromkeys(code for one in looked_at.values() for code in _read(one))
    return tuple(found)[:MAX_CODES]


def _read(grey: "Grey") -> list[Code]:
    import zxingcpp

    formats = zxingcpp.BarcodeFormats(
        (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Code128)
    )
    results = zxingcpp.read_barcodes(grey, formats=formats, try_invert=False)
    return [
        Code(result.text[:MAX_LENGTH], NAMES.get(result.format.name, result.format.name.lower()))
        for result in results
        if result.text
    ]
