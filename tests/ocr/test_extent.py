"""The part of a page that is written on."""

import numpy

from ocr.extent import Extent, extent
from tests.ocr.pages import drawn, speckled


def test_all_ink_is_inside_and_most_of_the_paper_is_not() -> None:
    page = drawn("Bonjour Madame\nDupont")
    part = extent(page)
    assert part is not None
    outside = page.copy()
    outside[part.top : part.bottom, part.left : part.right] = 255
    assert (outside == 255).all()
    assert (part.right - part.left) * (part.bottom - part.top) < 0.3 * page.size


def test_a_page_of_dust_has_none() -> None:
    assert extent(speckled(drawn(""))) is None


def test_a_page_of_grey_grain_has_none() -> None:
    grain = numpy.random.default_rng(3).normal(200, 5, (1600, 1200))
    assert extent(grain.astype(numpy.uint8)) is None


def test_white_letters_on_black_are_no_blank_page() -> None:
    page = 255 - drawn()
    assert extent(page) == Extent(0, 0, page.shape[1], page.shape[0])


def test_it_turns_with_the_page() -> None:
    assert Extent(10, 20, 30, 60).turned((100, 50)) == Extent(20, 40, 40, 80)
