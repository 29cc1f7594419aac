"""Directories of TIFF files, and files that lie about them."""

import struct
from random import Random
from time import monotonic

import pytest

from channels.tiff import MAX_PAGES, Y_RESOLUTION, read_tiff
from tests.ocr.pages import drawn, faxed, tiff

PAGE = faxed(drawn())
SHORT, LONG = 3, 4


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw"])
def test_pages_are_counted_without_being_decoded(compression: str) -> None:
    found = read_tiff(tiff(PAGE, PAGE, PAGE, dpi=(204, 98), compression=compression))
    assert found.is_whole
    assert [page.number(Y_RESOLUTION) for page in found.pages] == [98, 98, 98]


@pytest.mark.parametrize("content", [b"", b"II*\0", b"%PDF-1.7", b"II*\0" + b"\xff" * 40])
def test_what_is_none_has_no_pages(content: bytes) -> None:
    found = read_tiff(content)
    assert (found.pages, found.is_whole) == ((), False)


def test_the_64_bit_form_is_read_in_either_order() -> None:
    for order, mark in (("<", b"II+\0"), (">", b"MM\0+")):
        entry = struct.pack(
            f"{order}HHQ4s4x", Y_RESOLUTION, SHORT, 1, struct.pack(f"{order}Hxx", 98)
        )
        head = mark + struct.pack(f"{order}HHQ", 8, 0, 16)
        found = read_tiff(head + struct.pack(f"{order}Q", 1) + entry + bytes(8))
        assert found.is_whole
        assert found.pages[0].number(Y_RESOLUTION) == 98


def directories(count: int, fields: bytes = b"") -> bytes:
    """So many that each point to the next."""
    number, size = len(fields) // 12, 6 + len(fields)
    made = (
        struct.pack("<H", number) + fields + struct.pack("<I", 8 + size * one)
        for one in range(1, count + 1)
    )
    return b"II*\0" + struct.pack("<I", 8) + b"".join(made)


def test_a_circle_of_directories_ends() -> None:
    assert len(read_tiff(b"II*\0" + struct.pack("<IHI", 8, 0, 8)).pages) == 1


def test_directories_without_end_and_fields_that_overlap_take_no_time() -> None:
    hostile = b"".join(struct.pack("<HHII", tag, LONG, 100_000, 0) for tag in (273, 279, 324, 325))
    began = monotonic()
    assert len(read_tiff(directories(50_000)).pages) == MAX_PAGES
    read_tiff(directories(20_000, hostile * 64))
    assert monotonic() - began < 5


def test_no_damage_raises() -> None:
    random, whole = Random(7), tiff(PAGE, dpi=(204, 98), compression="group4")
    for _ in range(2_000):
        content = bytearray(whole)
        for _ in range(4):
            near = random.choice((random.randrange(16), len(content) - random.randrange(1, 300)))
            content[near] = random.randrange(256)
        read_tiff(bytes(content))
