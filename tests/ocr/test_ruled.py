"""Forms and tables are read row by row, each word where it stands."""

from collections.abc import Sequence
from pathlib import Path

import numpy
from PIL import Image, ImageDraw, ImageFont

from ocr.page import Options, Page
from ocr.reading import read_page
from ocr.ruled import ruled
from tests.ocr.pages import FONT, Grey, askew, drawn, tiff

LINE = 46  # pixels of a line of text
HIGH = 80  # of a cell
Rows = Sequence[Sequence[str]]


def sheet() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (1750, 1300), 255)
    return image, ImageDraw.Draw(image)


def write(pen: ImageDraw.ImageDraw, left: int, top: int, text: str) -> None:
    pen.multiline_text((left, top), text, fill=0, font=ImageFont.truetype(FONT, LINE - 4))


def form(rows: Rows) -> Grey:
    """Labels with a box beside each."""
    image, pen = sheet()
    write(pen, 150, 100, "Demande d'inscription")
    for number, (label, value) in enumerate(rows):
        top = 220 + 120 * number
        write(pen, 150, top + 12, label)
        pen.rectangle((750, top, 1600, top + HIGH), outline=0, width=4)
        write(pen, 780, top + 12, value)
    write(pen, 150, 220 + 120 * len(rows), "Signature du responsable légal")
    return numpy.asarray(image)


def table(rows: Rows) -> Grey:
    """Cells beside each other."""
    image, pen = sheet()
    write(pen, 150, 100, "Les frais de cantine du trimestre :")
    top = 220
    for row in rows:
        high = HIGH + LINE * max(text.count("\n") for text in row)
        for column, text in enumerate(row):
            left = 150 + 480 * column
            pen.rectangle((left, top, left + 480, top + high), outline=0, width=4)
            write(pen, left + 24, top + 12, text)
        top += high
    return numpy.asarray(image)


def read(page: Grey, folder: Path) -> Page:
    path = folder / "page.tif"
    path.write_bytes(tiff(page, dpi=(300, 300)))
    return read_page(path, 0, Options("fra"))


FORM = (("Nom", "LEFEBVRE"), ("Nombre d'enfants", "3"), ("À", "Thionville"), ("Étage", "2"))


def test_a_form_is_read_row_by_row_and_a_lone_digit_is_not_lost(tmp_path: Path) -> None:
    page = read(askew(form(FORM), 1.0), tmp_path)
    rows = "\n".join(f"{label} {value}" for label, value in FORM)
    assert page.text == f"Demande d'inscription\n\n{rows}\n\nSignature du responsable légal"


def test_words_of_a_form_stand_where_they_are_shown(tmp_path: Path) -> None:
    shown = form(FORM)
    page = read(shown, tmp_path)
    height, width = shown.shape
    digit = next(word for word in page.words if word.text == "3")
    box = shown[
        round(digit.top * height) : round((digit.top + digit.height) * height),
        round(digit.left * width) : round((digit.left + digit.width) * width),
    ]
    assert 780 <= digit.left * width <= 800
    assert (box < 128).mean() > 0.2


def test_a_cell_of_several_lines_is_read_as_a_whole(tmp_path: Path) -> None:
    rows = [
        ("Enfant", "Jours", "Montant"),
        ("Léa", "lundi, mardi,\njeudi", "124,50 €"),
        ("Noé", "mardi", "31,00 €"),
    ]
    assert read(table(rows), tmp_path).text == (
        "Les frais de cantine du trimestre :\n\nEnfant Jours Montant\n"
        "Léa\nlundi, mardi,\njeudi\n124,50 €\nNoé mardi 31,00 €"
    )


def test_a_letter_has_no_rows_even_in_a_frame() -> None:
    letter = Image.fromarray(drawn(dpi=300))
    assert ruled(numpy.asarray(letter)) is None
    ImageDraw.Draw(letter).rectangle((60, 60, letter.width - 60, letter.height - 60), width=5)
    assert ruled(numpy.asarray(letter)) is None


def test_text_that_runs_past_cells_is_no_form() -> None:
    image, pen = sheet()
    for number in range(4):
        pen.rectangle((1000, 200 + 200 * number, 1600, 290 + 200 * number), outline=0, width=4)
    pen.rectangle((150, 120, 300, 1200), fill=0)
    assert ruled(numpy.asarray(image)) is None
