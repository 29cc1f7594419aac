"""``guichet separator-sheets``: sheets to lay between letters before they are scanned."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from core.clock import utc_now
from core.i18n import N_, translator
from core.printing import draw_qr
from core.separators import parse_separator, separator_code
from core.settings import Settings
from guichet.offline import fail, read_settings

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

TITLE = N_("Separator sheet")
USE = N_("Lay this sheet before a letter, printed side up, and scan it with the letters.")
ANY_QUEUE = N_("The queue is chosen by the rules")
QR_SIZE = 170  # points
MARGIN = 57  # points
LARGEST = 48  # points, of the letters that a queue's name is written in


def separator_sheets(
    queue: Annotated[
        list[str] | None, typer.Option(help="Slug of a queue; a sheet for each. None: the rules.")
    ] = None,
    day: Annotated[
        str, typer.Option("--date", help="When the letters came (2026-11-25); today when left out.")
    ] = "",
    output: Annotated[Path, typer.Option(help="The PDF to write.")] = Path("separators.pdf"),
) -> None:
    """Print separator sheets: they cut a batch of scanned letters and name the queue of each."""
    settings, queues = read_settings(), queue or [""]
    try:
        came = date.fromisoformat(day) if day else _today(settings)
    except ValueError:
        fail(f"{day} is no date; one looks like 2026-11-25")
    for one in queues:
        if parse_separator(separator_code(one, came)) is None:
            fail(f"{one} is no slug of a queue; one looks like etat-civil")
    try:
        output.write_bytes(sheets_pdf(queues, came, settings.language))
    except OSError as problem:
        fail(f"{output}: {problem.strerror}")
    typer.echo(f"{output}: {len(queues)} sheet(s)")


def _today(settings: Settings) -> date:
    return utc_now().astimezone(ZoneInfo(settings.time_zone)).date()


def sheets_pdf(queues: Sequence[str], day: date, language: str) -> bytes:
    """One page of A4 a queue; ``""`` stands for whichever the rules choose.

    The code is there three times and in two kinds, so that one survives a stain or a fold.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    made = BytesIO()
    canvas = Canvas(made, pagesize=A4)
    canvas.setTitle(translator(language)(TITLE))
    for queue in queues:
        _draw(canvas, queue, day, language, *A4)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def _draw(
    canvas: "Canvas", queue: str, day: date, language: str, width: float, height: float
) -> None:
    from reportlab.graphics.barcode.code128 import Code128
    from reportlab.pdfbase.pdfmetrics import stringWidth

    say, code, middle = translator(language), separator_code(queue, day), width / 2
    name, room = queue or say(ANY_QUEUE), width - 2 * MARGIN
    canvas.setFont("Helvetica", 26)
    canvas.drawCentredString(middle, height - 90, say(TITLE))
    size = min(LARGEST, room / stringWidth(name, "Helvetica-Bold", 1))
    canvas.setFont("Helvetica-Bold", size)
    canvas.drawCentredString(middle, height - 150, name)
    canvas.setFont("Helvetica", 18)
    canvas.drawCentredString(middle, height - 180, day.isoformat())
    draw_qr(canvas, code, MARGIN, height - 220 - QR_SIZE, QR_SIZE)
    draw_qr(canvas, code, width - MARGIN - QR_SIZE, 120, QR_SIZE)
    # A short one is drawn with broader bars: the queue alone, without the date.
    modules = Code128(separator_code(queue), barWidth=1, quiet=False).width
    bars = Code128(separator_code(queue), barHeight=60, barWidth=room / modules, quiet=False)
    bars.drawOn(canvas, MARGIN, height / 2 - 30)
    canvas.setFont("Helvetica", 12)
    canvas.drawCentredString(middle, 80, say(USE))
