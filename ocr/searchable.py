"""A PDF of pages with their words unseen behind the picture, to be searched and copied from.

Pages of PDFs are taken over as they are (``pikepdf``); words are written by ``reportlab`` in text
rendering mode 3, which shows nothing (ISO 32000-1, section 9.3.6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import BadInput
from ocr.page import Limits, Word
from ocr.picture import POINTS
from ocr.showing import page_image
from ocr.source import is_pdf

if TYPE_CHECKING:
    from pikepdf import Page, Pdf

UNSEEN = 3  # text rendering mode
FONT = "Helvetica"  # one that every reader has, and whose encoding has all French letters
WIDTH = 8.27 * POINTS  # of a page made of an image
IMAGE_WIDTH = 1700  # pixels: some 200 an inch


@dataclass(frozen=True, slots=True)
class Source:
    """One page of the new PDF."""

    path: Path
    index: int
    """In its file, from 0."""
    rotation: int
    """Degrees clockwise."""
    words: Sequence[Word]
    """To write behind it; none where the page brings its own text."""


def searchable_pdf(sources: Sequence[Source], title: str, limits: Limits) -> bytes:
    """The pages in this order, as one PDF. Raises BadInput when one is broken."""
    import pikepdf

    with pikepdf.new() as document:
        opened: dict[Path, Pdf] = {}
        try:
            for source in sources:
                page = _page(document, source, opened, limits)
                if source.words:
                    _write_behind(page, source)
            document.docinfo["/Title"] = title
            document.remove_unreferenced_resources()
            made = BytesIO()
            document.save(made)
            return made.getvalue()
        except pikepdf.PdfError as problem:
            raise BadInput("a page is broken") from problem
        finally:
            for file in opened.values():
                file.close()


def _page(document: "Pdf", source: Source, opened: dict[Path, "Pdf"], limits: Limits) -> "Page":
    import pikepdf

    if is_pdf(source.path):
        if source.path not in opened:
            opened[source.path] = pikepdf.open(source.path)
        document.pages.append(opened[source.path].pages[source.index])
        page = document.pages[-1]
        if source.rotation:
            page.rotate(source.rotation, relative=True)
        return page
    shown = page_image(source.path, source.index, source.rotation, IMAGE_WIDTH, limits)
    with pikepdf.open(BytesIO(_pdf_of(shown))) as one:
        document.pages.append(one.pages[0])
    return document.pages[-1]


def _pdf_of(image: bytes) -> bytes:
    """One page that the image fills."""
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfgen.canvas import Canvas

    picture = ImageReader(BytesIO(image))
    across, down = picture.getSize()
    height = WIDTH * down / across
    made = BytesIO()
    canvas = Canvas(made, pagesize=(WIDTH, height))
    canvas.drawImage(picture, 0, 0, WIDTH, height)
    canvas.showPage()
    canvas.save()
    return made.getvalue()


def _write_behind(page: "Page", source: Source) -> None:
    import pikepdf

    left, bottom, right, top = (float(side) for side in page.mediabox)
    turned = int(page.obj.get("/Rotate", 0)) % 360
    width, height = right - left, top - bottom
    if turned in (90, 270):
        width, height = height, width
    with pikepdf.open(BytesIO(_words_pdf(source.words, width, height))) as words:
        layer = words.pages[0]
        # As high as the page as it is shown; qpdf turns it with the page.
        layer.obj["/Rotate"] = 0
        page.add_underlay(layer, pikepdf.Rectangle(page.mediabox))


def _words_pdf(words: Sequence[Word], width: float, height: float) -> bytes:
    from reportlab.pdfbase.pdfmetrics import stringWidth
    from reportlab.pdfgen.canvas import Canvas

    made = BytesIO()
    canvas = Canvas(made, pagesize=(width, height))
    text = canvas.beginText()
    text.setTextRenderMode(UNSEEN)
    for word in words:
        shown = word.text.encode("cp1252", "replace").decode("cp1252")
        size = max(1.0, word.height * height)
        natural = stringWidth(shown, FONT, size)
        text.setFont(FONT, size)
        text.setHorizScale(100 * word.width * width / natural if natural else 100)
        text.setTextOrigin(word.left * width, height * (1 - word.top - 0.8 * word.height))
        text.textOut(f"{shown} ")
    canvas.drawText(text)
    canvas.showPage()
    canvas.save()
    return made.getvalue()
