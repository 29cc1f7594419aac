"""How a batch of pages is cut."""

from datetime import date

from core.separators import separator_code
from ingest.models import PageRow
from ocr.letters import Letter, letters_of

SHEET = separator_code("etat-civil", date(2026, 11, 25))


def page(number: int, *codes: str, blank: bool = False) -> PageRow:
    return PageRow(number=number, codes=list(codes), blank=blank, text="", confidence=0)


def numbers(letters: list[Letter]) -> list[list[int]]:
    return [[page.number for page in letter.pages] for letter in letters]


def test_a_batch_without_sheets_is_one_letter() -> None:
    assert numbers(letters_of([page(0), page(1, blank=True), page(2)], "separators")) == [[0, 1, 2]]


def test_a_sheet_begins_a_letter_and_tells_its_queue() -> None:
    pages = [page(0, SHEET), page(1), page(2), page(3, SHEET), page(4)]
    first, second = letters_of(pages, "separators")
    assert numbers([first, second]) == [[1, 2], [4]]
    assert first.separator is not None
    assert first.separator.queue == "etat-civil"
    assert [sheet.number for sheet in second.sheets] == [3]


def test_what_lies_before_the_first_sheet_is_a_letter_of_its_own() -> None:
    assert numbers(letters_of([page(0), page(1, SHEET), page(2)], "separators")) == [[0], [2]]


def test_the_blank_back_of_a_sheet_goes_with_it_and_others_stay() -> None:
    pages = [
        page(0),
        page(1, blank=True),
        page(2, SHEET),
        page(3, blank=True),
        page(4),
        page(5, blank=True),
    ]
    first, second = letters_of(pages, "separators")
    assert numbers([first, second]) == [[0, 1], [4, 5]]
    assert [sheet.number for sheet in second.sheets] == [2, 3]


def test_two_sheets_in_a_row_are_one() -> None:
    pages = [page(0), page(1, SHEET), page(2, SHEET), page(3)]
    assert numbers(letters_of(pages, "separators")) == [[0], [3]]


def test_a_sheet_at_the_end_opens_no_empty_letter() -> None:
    (letter,) = letters_of([page(0), page(1, SHEET)], "separators")
    assert numbers([letter]) == [[0]]
    assert [sheet.number for sheet in letter.sheets] == [1]


def test_blank_pages_divide_when_told() -> None:
    pages = [page(0), page(1, blank=True), page(2, blank=True), page(3)]
    assert numbers(letters_of(pages, "blank")) == [[0], [3]]


def test_a_batch_of_sheets_alone_stays_whole() -> None:
    assert numbers(letters_of([page(0, SHEET), page(1, blank=True)], "separators")) == [[0, 1]]


def test_a_letter_that_must_not_be_cut_is_not() -> None:
    assert numbers(letters_of([page(0), page(1, SHEET), page(2)], "none")) == [[0, 1, 2]]


def test_other_codes_are_no_sheets() -> None:
    pages = [page(0), page(1, "https://town.example/s/GU-7K3M-Q2XA"), page(2)]
    assert numbers(letters_of(pages, "separators")) == [[0, 1, 2]]
