"""How long an SMS is: characters, and the segments that it travels in (3GPP TS 23.038, 23.040).

Twilio bills by the segment, and its own counter counts the same way:
https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding
"""

import re
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")  # two septets each
_PLAIN = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "«": '"',
        "»": '"',
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{HORIZONTAL ELLIPSIS}": "...",
    }
)
_INSIDE_QUOTES = re.compile(r"(?<=«)\s|\s(?=»)")
_LENGTHS = {"gsm-7": (160, 153), "ucs-2": (70, 67)}
"""Units of a single segment, and of each of several: the header takes its part."""


@dataclass(frozen=True, slots=True)
class Length:
    """``units`` are septets (GSM-7) or 16-bit code units (UCS-2)."""

    encoding: Literal["gsm-7", "ucs-2"]
    units: int
    segments: int


def plain(text: str) -> str:
    """The text with a typewriter's marks: one of a printer's more than doubles what it costs."""
    return _INSIDE_QUOTES.sub("", text).translate(_PLAIN)


def length_of(text: str) -> Length:
    """One character outside GSM-7 turns the whole message into UCS-2."""
    if all(character in _BASIC or character in _EXTENDED for character in text):
        widths = [2 if character in _EXTENDED else 1 for character in text]
        return _length("gsm-7", widths)
    return _length("ucs-2", [len(character.encode("utf-16-be")) // 2 for character in text])


def _length(encoding: Literal["gsm-7", "ucs-2"], widths: list[int]) -> Length:
    single, part = _LENGTHS[encoding]
    units = sum(widths)
    if units <= single:
        return Length(encoding, units, 1 if units else 0)
    segments, room = 0, 0
    for width in widths:
        if width > room:  # no character is cut in two
            segments, room = segments + 1, part
        room -= width
    return Length(encoding, units, segments)
