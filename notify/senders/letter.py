"""Letters as pages of A4, to be folded into an envelope with a window.

Where the address stands:

* window on the right, as French envelopes have it: DL (110 × 220 mm) with a window of 45 × 100 mm,
  20 mm from the right and from the bottom edge (La Poste's rules of addressing; NF Z 10-011). A
  sheet folded in three moves in it by 11 mm and 10 mm, so what is always seen is 45 to 79 mm from
  the top and 100 to 190 mm from the left of the sheet.
* window on the left, DIN 5008:2020, form B: a field of 85 × 45 mm, 20 mm from the left and 45 mm
  from the top, whose upper 17.7 mm are for the address to return to.

The QR code says the reference: a page that comes back by post and is scanned finds its case, as
``router.threading`` reads references in the codes of pages. It makes no blank back pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from babel.dates import format_date

from core.i18n import N_, translator
from core.printing import MILLIMETRE as MM
from core.printing import draw_qr, fonts
from notify.letterhead import Letterhead
from notify.letters import Letter

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

SUBJECT = N_("Subject: %(subject)s")
REFERENCE = N_("Our reference: %(reference)s")
RETURN = N_("If you answer by post, send this page back.")
PAGE_OF = N_("Page %(page)d of %(pages)d")

HEIGHT, WIDTH = 297, 210  # mm, A4
LEFT, RIGHT = 25, 190  # mm, of the text
TOP_OF_TEXT = 104  # mm, on the first page: below the fold and what the window shows
TOP_OF_NEXT = 30  # mm
BOTTOM = 268  # mm
SIZE, LEADING = 10.5, 5.3  # points, mm
ADDRESS_SIZE, ADDRESS_LEADING = 11, 5.0
QR_SIZE = 24  # mm


@dataclass(frozen=True, slots=True)
class Window:
    """Where things stand on the first page, in millimetres from its upper left corner."""

    address: tuple[float, float]
    """Its first base line."""
    return_line: tuple[float, float] | None
    """The town's own address in one line, inside the window."""
    side: tuple[float, float]
    """Reference and QR code, beside the window."""
    folds: Sequence[float]


WINDOWS = {
    "right": Window((105, 50), None, (25, 50), (99, 198)),
    "left": Window((25, 67), (25, 60), (125, 50), (105, 210)),
}


def letters_pdf(letters: Sequence[Letter], letterhead: Letterhead) -> bytes:
    """All of them in one file, each with pages numbered by themselves.

    The same letters are the same bytes. Slow for many: call it in a thread.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    made = BytesIO()
    canvas = Canvas(made, pagesize=A4, invariant=True)
    canvas.setTitle(" ".join(letter.reference for letter in letters[:20]))
    for letter in letters:
        _Sheets(canvas, letter, letterhead).draw()
    canvas.save()
    return made.getvalue()


class _Sheets:
    """The pages of one letter."""

    def __init__(self, canvas: "Canvas", letter: Letter, letterhead: Letterhead) -> None:
        self._canvas = canvas
        self._letter = letter
        self._letterhead = letterhead
        self._window = WINDOWS[letterhead.letter_window]
        self._say = translator(letter.language)
        self._regular, self._bold = fonts()

    def draw(self) -> None:
        lines = self._lines()
        first = int((BOTTOM - TOP_OF_TEXT - 3 * LEADING) / LEADING)
        more = int((BOTTOM - TOP_OF_NEXT) / LEADING)
        pages = [lines[:first]]
        pages += [lines[start : start + more] for start in range(first, len(lines), more)]
        for number, page in enumerate(pages, 1):
            top = self._first() if number == 1 else TOP_OF_NEXT
            for place, line in enumerate(page):
                self._text(LEFT, top + place * LEADING, line)
            self._foot(number, len(pages))
            self._canvas.showPage()

    def _lines(self) -> list[str]:
        from reportlab.lib.utils import simpleSplit

        words = self._letter.text.strip()
        if self._letter.agent_name:
            words += f"\n\n{self._letter.agent_name}\n{self._letterhead.town}"
        room = (RIGHT - LEFT) * MM
        return [
            line
            for paragraph in words.split("\n")
            for line in (simpleSplit(paragraph, self._regular, SIZE, room) or [""])
        ]

    def _first(self) -> float:
        """Everything above the text; returns where that begins."""
        head, letter, window = self._letterhead, self._letter, self._window
        self._text(LEFT, 20, head.town, self._bold, 14)
        for place, line in enumerate(head.postal_address):
            self._text(LEFT, 26 + 4.2 * place, line, size=9)
        left, top = window.address
        for place, line in enumerate(letter.recipient.split("\n")):
            self._text(left, top + ADDRESS_LEADING * place, line, size=ADDRESS_SIZE)
        if window.return_line:
            mine = " · ".join((head.town, *head.postal_address))
            self._text(*window.return_line, mine[:90], size=6.5)
        left, top = window.side
        draw_qr(
            self._canvas,
            letter.reference,
            left * MM - 6,
            (HEIGHT - top - QR_SIZE) * MM,
            QR_SIZE * MM,
        )
        self._text(left, top + QR_SIZE + 4, letter.reference, self._bold, 10)
        self._text(left, top + QR_SIZE + 8, self._say(RETURN), size=7)
        for fold in window.folds:
            self._canvas.line(5 * MM, (HEIGHT - fold) * MM, 9 * MM, (HEIGHT - fold) * MM)
        self._day(letter.written_at)
        subject = self._say(SUBJECT) % {"subject": letter.subject or letter.reference}
        self._text(LEFT, TOP_OF_TEXT, _cut(subject, 84), self._bold)
        return TOP_OF_TEXT + 2.5 * LEADING

    def _day(self, at: datetime) -> None:
        day = at.astimezone(self._letterhead.zone)
        text = format_date(day, "long", locale=self._letter.language)
        self._canvas.setFont(self._regular, SIZE)
        self._canvas.drawRightString(RIGHT * MM, (HEIGHT - TOP_OF_TEXT + 9) * MM, text)

    def _foot(self, number: int, pages: int) -> None:
        where = self._say(PAGE_OF) % {"page": number, "pages": pages}
        reference = self._say(REFERENCE) % {"reference": self._letter.reference}
        self._text(LEFT, 284, reference, size=8)
        self._canvas.setFont(self._regular, 8)
        self._canvas.drawRightString(RIGHT * MM, (HEIGHT - 284) * MM, where)

    def _text(self, left: float, top: float, text: str, font: str = "", size: float = SIZE) -> None:
        self._canvas.setFont(font or self._regular, size)
        self._canvas.drawString(left * MM, (HEIGHT - top) * MM, text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
