"""The directories of a TIFF file, one a page, by themselves: no picture is decoded.

TIFF 6.0, sections 2 and 8, and the 64-bit offsets of BigTIFF
(https://www.awaresystems.be/imaging/tiff/bigtiff.html). Only the fields that we ask for are read,
and the bounds below hold whatever the file says: a hostile one takes a second at most.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

MAX_PAGES = 2_000
MAX_FIELDS = 256  # of one page
MAX_VALUES = 1_000_000  # of all fields together: a page has at most as many strips as lines
MAX_TEXT = 1_000  # bytes of an ASCII field

DESCRIPTION, Y_RESOLUTION, RESOLUTION_UNIT, DATE_TIME = 270, 283, 296, 306
BAD_LINES = 326  # BadFaxLines (RFC 2306)
_PLACES = ((273, 279), (324, 325))  # where strips, or tiles, are and how long
_WANTED = {
    DESCRIPTION,
    Y_RESOLUTION,
    RESOLUTION_UNIT,
    DATE_TIME,
    BAD_LINES,
    *_PLACES[0],
    *_PLACES[1],
}

ASCII, SHORT, LONG, RATIONAL, LONG8 = 2, 3, 4, 5, 16
_SIZES = {ASCII: 1, SHORT: 2, LONG: 4, RATIONAL: 8, LONG8: 8}  # bytes of a value
_CODES = {SHORT: "H", LONG: "I", LONG8: "Q"}

Numbers = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One directory: its fields of numbers, and its ASCII fields as they are written."""

    numbers: Mapping[int, Numbers]
    texts: Mapping[int, bytes]

    def number(self, tag: int) -> float:
        """The first number of a field; 0 when it has none."""
        return (self.numbers.get(tag) or (0.0,))[0]


@dataclass(frozen=True, slots=True)
class Tiff:
    pages: tuple[Page, ...]
    is_whole: bool
    """Whether directories and pictures are all within the file, as they say themselves."""


def read_tiff(content: bytes) -> Tiff:
    """The pages as far as they can be read; none when it is no TIFF file."""
    reader = _Reader(content)
    pages: list[Page] = []
    try:
        offset = reader.first()
        seen: set[int] = set()
        while offset and offset not in seen and len(pages) < MAX_PAGES:
            seen.add(offset)
            page, offset = reader.page(offset)
            pages.append(page)
    except (struct.error, OverflowError, _MissingError):
        return Tiff(tuple(pages), is_whole=False)
    return Tiff(tuple(pages), bool(pages) and all(_is_within(page, content) for page in pages))


class _MissingError(Exception):
    """What a directory points to is behind the end of the file."""


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._order = ">" if content[:2] == b"MM" else "<"
        self._is_big = content[2:4] in (b"+\0", b"\0+")
        self._word = "Q" if self._is_big else "I"
        self._left = MAX_VALUES

    def first(self) -> int:
        if self._content[:4] not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            raise _MissingError
        return self._one(self._word, 8 if self._is_big else 4)

    def page(self, offset: int) -> tuple[Page, int]:
        """A directory, and where the next one is; 0 behind the last."""
        count = self._one("Q" if self._is_big else "H", offset)
        if count > MAX_FIELDS:
            raise _MissingError
        entries, size = offset + (8 if self._is_big else 2), 20 if self._is_big else 12
        numbers: dict[int, Numbers] = {}
        texts: dict[int, bytes] = {}
        for entry in range(entries, entries + count * size, size):
            tag = self._one("H", entry)
            if tag in _WANTED and tag not in numbers and tag not in texts:
                self._field(entry, tag, numbers, texts)
        return Page(numbers, texts), self._one(self._word, entries + count * size)

    def _field(
        self, entry: int, tag: int, numbers: dict[int, Numbers], texts: dict[int, bytes]
    ) -> None:
        kind, count = self._one("H", entry + 2), self._one(self._word, entry + 4)
        size = count * _SIZES.get(kind, 0)
        place = entry + (12 if self._is_big else 8)
        if size > (8 if self._is_big else 4):  # else the values are in the entry itself
            place = self._one(self._word, place)
        if not size:
            return
        if place + size > len(self._content):
            raise _MissingError
        if kind == ASCII:
            texts[tag] = self._content[place : place + min(size, MAX_TEXT)].partition(b"\0")[0]
        elif kind == RATIONAL:
            above, below = struct.unpack_from(self._order + "II", self._content, place)
            numbers[tag] = (above / below if below else 0.0,)
        else:
            many = min(count, self._left)
            self._left -= many
            numbers[tag] = struct.unpack_from(
                f"{self._order}{many}{_CODES[kind]}", self._content, place
            )

    def _one(self, code: str, offset: int) -> int:
        found: int = struct.unpack_from(self._order + code, self._content, offset)[0]
        return found


def _is_within(page: Page, content: bytes) -> bool:
    """Whether all strips or tiles are there."""
    for places, lengths in _PLACES:
        pairs = zip(page.numbers.get(places, ()), page.numbers.get(lengths, ()), strict=False)
        if any(place + length > len(content) for place, length in pairs):
            return False
    return True
