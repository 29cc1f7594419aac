"""How long an SMS is (3GPP TS 23.038)."""

import pytest

from core.sms import length_of, plain


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", "gsm-7", 0, 0),
        ("é" * 160, "gsm-7", 160, 1),
        ("a" * 161, "gsm-7", 161, 2),
        ("a" * 306, "gsm-7", 306, 2),
        ("a" * 307, "gsm-7", 307, 3),
        ("€" * 80, "gsm-7", 160, 1),
        ("a" * 152 + "€" * 77, "gsm-7", 306, 3),  # a € is not cut in two
        ("ê" * 70, "ucs-2", 70, 1),
        ("ê" * 71, "ucs-2", 71, 2),
        ("😀" * 35, "ucs-2", 70, 1),
        ("😀" * 36, "ucs-2", 72, 2),
    ],
)
def test_the_length_is_the_operators(text: str, encoding: str, units: int, segments: int) -> None:
    length = length_of(text)
    assert (length.encoding, length.units, length.segments) == (encoding, units, segments)


def test_a_printers_marks_become_a_typewriters() -> None:
    assert plain("« L’été… » : 1\N{NO-BREAK SPACE}000 – oui") == '"L\'été..." : 1 000 - oui'
    assert length_of(plain("L’été")).encoding == "gsm-7"
