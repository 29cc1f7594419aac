"""Whatever colour a town has, its pages can be read."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.colours import ENOUGH, PAPER, WHITE, colour_of, contrast, hex_of, palette
from core.settings import Settings

CARDS = {"day": "#ffffff", "dark": "#19212a"}


def test_contrast_is_as_the_standard_reckons_it() -> None:
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21)
    assert contrast(colour_of("#777777"), WHITE) == pytest.approx(4.48, abs=0.01)


@settings(max_examples=60, deadline=None, database=None)
@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_all_colours_that_follow_from_one_can_be_read(brand: tuple[int, int, int]) -> None:
    assume(min(contrast(brand, one) for one in (WHITE, PAPER)) >= ENOUGH)
    assert Settings(theme_colour=hex_of(brand)).theme_colour == hex_of(brand)
    for colours, card in zip(palette(brand), CARDS.values(), strict=True):
        found = {name: colour_of(one) for name, one in colours.items()}
        pairs = [
            ("brand", "tint"),
            ("on-brand", "brand"),
            ("on-bar", "bar"),
            ("on-bar-2", "bar"),
            ("on-brand", "brand-2"),
        ]
        assert min(contrast(found[one], found[other]) for one, other in pairs) >= 4.4
        assert contrast(found["brand"], colour_of(card)) >= 4.4


@pytest.mark.parametrize("colour", ["#ffcc00", "red", "#12", "#0b5563;}"])
def test_one_that_cannot_be_read_is_refused(colour: str) -> None:
    with pytest.raises(ValidationError):
        Settings(theme_colour=colour)
