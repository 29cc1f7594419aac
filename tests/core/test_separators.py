"""What the code of a separator sheet says, and what is no sheet of ours."""

from datetime import date

import pytest

from core.separators import Separator, parse_separator, separator_code

DAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("queue", "day"), [("etat-civil", DAY), ("etat-civil", None), ("", DAY), ("", None)]
)
def test_what_is_written_is_read(queue: str, day: date | None) -> None:
    assert parse_separator(separator_code(queue, day)) == Separator(queue, day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "GUICHET-SEPARATOR",
        "GUICHET-SEPARATOR;2;queue=etat-civil",
        "GUICHET-SEPARATOR;1;queue=../secret",
        "GUICHET-SEPARATOR;1;queue=" + "a" * 65,
        "GUICHET-SEPARATOR;1;queue=a;queue=b",
        "GUICHET-SEPARATOR;1;queue=a;and=more",
        "https://town.example/?GUICHET-SEPARATOR;1",
        "GU-7K3M-9QX4",
    ],
)
def test_what_is_no_sheet_of_ours_cuts_nothing(text: str) -> None:
    assert parse_separator(text) is None


def test_a_day_that_never_was_is_left_out() -> None:
    assert parse_separator("GUICHET-SEPARATOR;1;queue=a;date=2026-02-31") == Separator("a", None)
