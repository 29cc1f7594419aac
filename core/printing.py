"""What printed pages have in common: letters for every name, and QR codes (ISO/IEC 18004)."""

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MILLIMETRE = 72 / 25.4  # points
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu")
"""Where Debian's ``fonts-dejavu-core`` puts it: Latin, Greek and Cyrillic."""


@cache
def fonts() -> tuple[str, str]:
    """The names of a regular and a bold font for ``reportlab``, registered.

    Without DejaVu they are those that every reader has, which know Western Europe's letters alone.
    """
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    regular, bold = _DEJAVU / "DejaVuSans.ttf", _DEJAVU / "DejaVuSans-Bold.ttf"
    if not (regular.is_file() and bold.is_file()):
        return "Helvetica", "Helvetica-Bold"
    registerFont(TTFont("DejaVu", str(regular)))
    registerFont(TTFont("DejaVu-Bold", str(bold)))
    return "DejaVu", "DejaVu-Bold"


def draw_qr(canvas: "Canvas", text: str, left: float, bottom: float, size: float) -> None:
    """A QR code of ``size`` points that can lose a quarter of itself (level Q)."""
    from reportlab.graphics.barcode.qr import QrCodeWidget
    from reportlab.graphics.shapes import Drawing

    drawing = Drawing(size, size)
    drawing.add(QrCodeWidget(text, barWidth=size, barHeight=size, barLevel="Q"))
    drawing.drawOn(canvas, left, bottom)


def qr_picture(text: str) -> str:
    """A QR code for a page, as a ``data:`` address of an SVG."""
    import zxingcpp

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    svg = zxingcpp.write_barcode_to_svg(code)
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
