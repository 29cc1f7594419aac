"""Numbers as exchanges write them."""

import pytest

from channels.cti.numbers import call_number


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("0612345678", "+33612345678"),
        ("06 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("+49 30 901820", "+4930901820"),
        ("sip:+33612345678@pbx.town.example", "+33612345678"),
        ("204", "204"),
        ("*98", "*98"),
        ("sip:204@10.0.0.1", "204"),
        ("", ""),
        ("anonymous", ""),
        ("Anonymous", ""),
        ("sip:anonymous@anonymous.invalid", ""),
        ("unknown", ""),
        ("Jeanne Petit", ""),
        ("'; DROP TABLE calls; --", ""),
        ("1" * 128, ""),
        ("\x00\ud800", ""),
    ],
)
def test_a_number_is_e164_or_short_or_withheld(given: str, number: str) -> None:
    assert call_number(given, "FR") == number
