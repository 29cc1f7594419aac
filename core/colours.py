"""A town's colour, and the others that its pages take from it: always with enough contrast.

Contrast as WCAG 2.1 reckons it (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio).
"""

import re

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
ENOUGH = 4.5  # of text (WCAG 1.4.3)
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)
PAPER: Colour = (246, 244, 239)
DARK_CARD: Colour = (25, 33, 42)
DARK_PAPER: Colour = (16, 22, 27)
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def colour_of(text: str) -> Colour:
    """Of ``#0b5563``. Raises ValueError."""
    if not _HEX.fullmatch(text):
        raise ValueError(f"{text} is no colour: one looks like #0b5563")
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def hex_of(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def contrast(one: Colour, other: Colour) -> float:
    """From 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """``share`` of the other, from 0 to 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return (red, green, blue)


def towards(colour: Colour, end: Colour, *against: Colour) -> Colour:
    """As little nearer to ``end`` as gives enough contrast against the others."""
    for step in range(101):
        made = mix(colour, end, step / 100)
        if all(contrast(made, one) >= ENOUGH for one in against):
            return made
    return end


def palette(brand: Colour) -> tuple[dict[str, str], dict[str, str]]:
    """The colours that follow the town's, by the names of the stylesheet: by day and in the dark.

    ``brand`` has enough contrast to white and to paper.
    """
    tint = towards(mix(brand, WHITE, 0.88), WHITE, brand)
    bar = towards(mix(brand, BLACK, 0.2), BLACK, mix(WHITE, brand, 0.2))
    night = mix(DARK_PAPER, brand, 0.3)
    light = towards(mix(brand, WHITE, 0.4), WHITE, DARK_CARD, night)
    dark_bar = towards(mix(brand, BLACK, 0.5), BLACK, mix(WHITE, brand, 0.2))
    day = {
        "brand": brand,
        "brand-2": mix(brand, BLACK, 0.2),
        "on-brand": WHITE,
        "tint": tint,
        "bar": bar,
        "on-bar": WHITE,
        "on-bar-2": mix(WHITE, brand, 0.2),
    }
    dark = {
        "brand": light,
        "brand-2": mix(light, WHITE, 0.3),
        "on-brand": towards(mix(BLACK, brand, 0.3), BLACK, light),
        "tint": night,
        "bar": dark_bar,
        "on-bar": WHITE,
        "on-bar-2": mix(WHITE, brand, 0.2),
    }
    return (
        {name: hex_of(one) for name, one in day.items()},
        {name: hex_of(one) for name, one in dark.items()},
    )


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(one / 255) for one in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
