"""Pages that tests have read: drawn, printed, scanned badly."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import cv2
import numpy
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

Grey = NDArray[Any]

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"
LETTER = """Jeanne Dupont
12 rue des Lilas
57000 Metz

Metz, le 12 mars 2026

Objet : Lampadaire en panne rue des Lilas

Madame, Monsieur,

Le lampadaire situé devant le 12 rue des Lilas ne
fonctionne plus depuis le 3 mars. La nuit, le trottoir
est très sombre et des élèves passent à cet endroit.
"""


def drawn(text: str = LETTER, *, dpi: int = 200) -> Grey:
    """A sheet of A5 with the text."""
    image = Image.new("L", (int(5.83 * dpi), int(8.27 * dpi)), 255)
    font = ImageFont.truetype(FONT, int(11 * dpi / 72))
    ImageDraw.Draw(image).multiline_text((dpi // 2, dpi // 2), text, fill=0, font=font, spacing=9)
    return numpy.asarray(image)


def askew(page: Grey, degrees: float) -> Grey:
    height, width = page.shape
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cv2.warpAffine(page, matrix, (width, height), borderValue=255)


def speckled(page: Grey, share: float = 0.002) -> Grey:
    spots = numpy.random.default_rng(7).random(page.shape) < share
    return numpy.where(spots, 0, page).astype(numpy.uint8)


def tiff(*pages: Grey, dpi: tuple[int, int] = (200, 200), compression: str = "tiff_lzw") -> bytes:
    """Several pages; ``group3`` and ``group4`` make them black and white."""
    images = [Image.fromarray(numpy.ascontiguousarray(page)) for page in pages]
    if compression.startswith("group"):
        images = [image.convert("1") for image in images]
    made = BytesIO()
    images[0].save(
        made, "TIFF", save_all=True, append_images=images[1:], compression=compression, dpi=dpi
    )
    return made.getvalue()


def heic(page: Grey) -> bytes:
    """As telephones keep photographs (ISO/IEC 23008-12)."""
    made = BytesIO()
    pillow_heif.from_pillow(Image.fromarray(page).convert("RGB")).save(made)
    return made.getvalue()


def faxed(page: Grey) -> Grey:
    """Black and white, 204 × 98 dots an inch (ITU-T T.4, standard resolution)."""
    height, width = page.shape
    across = 1728 * width // int(8.5 * 200)
    small = cv2.resize(page, (across, round(height * 98 / 200)), interpolation=cv2.INTER_AREA)
    return ((small > 160) * 255).astype(numpy.uint8)


def printed(*texts: str) -> bytes:
    """A PDF with a text layer, one page a text."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for text in texts:
        lines = canvas.beginText(72, 760)
        lines.textLines(text)
        canvas.drawText(lines)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def scanned_pdf(*pages: Grey, dpi: int = 200) -> bytes:
    """A PDF of pictures alone."""
    images = [Image.fromarray(numpy.ascontiguousarray(page)) for page in pages]
    made = BytesIO()
    images[0].save(made, "PDF", save_all=True, append_images=images[1:], resolution=dpi)
    return made.getvalue()


def with_codes(codes: Sequence[str], *, qr: bool = True, bar: float = 0.9) -> bytes:
    """A PDF page with a bar code for each text; ``bar`` in points, the narrowest."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for number, text in enumerate(codes):
        if qr:
            drawing = Drawing(150, 150)
            drawing.add(QrCodeWidget(text, barWidth=150, barHeight=150))
            drawing.drawOn(canvas, 200, 550 - 200 * number)
        else:
            Code128(text, barWidth=bar, barHeight=50).drawOn(canvas, 40, 600 - 200 * number)
    canvas.showPage()
    canvas.save()
    return made.getvalue()
