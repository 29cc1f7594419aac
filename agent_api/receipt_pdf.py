"""The receipt as a PDF: one page of A4 whose upper half is all that is needed."""

from io import BytesIO
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from agent_api.counter import Receipt
from core.i18n import N_, translator
from core.printing import MILLIMETRE, draw_qr, fonts

TITLE = N_("Receipt of your request")
KEEP = N_("Keep this page: with the reference and the key you see where your request stands.")
SCAN = N_("Scan the code with your telephone, or go to")
REFERENCE = N_("Reference")
KEY = N_("Tracking key")
SUBJECT = N_("Subject")
RECEIVED = N_("Received")
MARGIN = 20 * MILLIMETRE
QR_SIZE = 42 * MILLIMETRE


def receipt_pdf(receipt: Receipt, zone: ZoneInfo) -> bytes:
    """In the citizen's language."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfgen.canvas import Canvas

    say, (regular, bold) = translator(receipt.language), fonts()
    made = BytesIO()
    width, height = A4
    # The same receipt is the same bytes.
    canvas = Canvas(made, pagesize=A4, invariant=True)
    canvas.setTitle(f"{say(TITLE)} {receipt.reference}")
    room, y = width - 2 * MARGIN - QR_SIZE - 8 * MILLIMETRE, height - MARGIN - 12
    canvas.setFont(bold, 12)
    canvas.drawString(MARGIN, y, receipt.town)
    canvas.setFont(bold, 19)
    canvas.drawString(MARGIN, y - 16 * MILLIMETRE, say(TITLE))
    at = format_datetime(receipt.at.astimezone(zone), "long", locale=receipt.language)
    facts = (
        (REFERENCE, receipt.reference, bold, 17),
        (KEY, receipt.tracking_key, bold, 17),
        (SUBJECT, receipt.subject, regular, 11),
        (RECEIVED, at, regular, 11),
    )
    y -= 30 * MILLIMETRE
    draw_qr(canvas, receipt.tracking_url, width - MARGIN - QR_SIZE, y - QR_SIZE + 14, QR_SIZE)
    for label, value, font, size in facts:
        canvas.setFont(regular, 9)
        canvas.drawString(MARGIN, y, say(label))
        canvas.setFont(font, size)
        for line in simpleSplit(value, font, size, room)[:3]:
            y -= size * 1.35
            canvas.drawString(MARGIN, y, line)
        y -= 9 * MILLIMETRE
    canvas.setFont(regular, 10)
    for text in (say(KEEP), say(SCAN), receipt.tracking_url):
        for line in simpleSplit(text, regular, 10, width - 2 * MARGIN):
            canvas.drawString(MARGIN, y, line)
            y -= 14
    canvas.showPage()
    canvas.save()
    return made.getvalue()
