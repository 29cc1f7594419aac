"""A picture for the demo town's festival, drawn here: nobody's rights are on it."""

from io import BytesIO
from random import Random

from PIL import Image, ImageDraw, ImageFilter

SIZE = (1200, 800)  # pixels
WATER = 560  # from this row down


def lanterns() -> bytes:
    """A PNG: lanterns above a river at dusk; always the same."""
    chance = Random(7)  # noqa: S311 - a picture, no secret
    width, height = SIZE
    picture = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / WATER if y < WATER else 1 - (y - WATER) / (height - WATER) * 0.8
        draw.line([(0, y), (width, y)], (int(22 + 150 * share**2), int(32 + 50 * share), 78))
    draw.polygon(
        [(0, WATER), (0, 500), (260, 455), (620, 520), (1200, 470), (1200, WATER)], "#141a33"
    )
    glow = Image.new("RGB", SIZE)
    light = ImageDraw.Draw(glow)
    for _ in range(26):
        x, y, size = chance.randint(40, width - 40), chance.randint(40, 480), chance.randint(14, 46)
        warm = chance.choice(["#ffb347", "#ff8c42", "#ffd27a"])
        light.ellipse((x - size, y - size, x + size, y + size * 1.3), warm)
        light.ellipse((x - size, 2 * WATER - y, x + size, 2 * WATER - y + size // 3), warm)
    soft = glow.filter(ImageFilter.GaussianBlur(26))
    sharp = glow.filter(ImageFilter.GaussianBlur(2))
    for layer in (soft, sharp):
        picture = Image.composite(
            layer, picture, layer.convert("L").point(lambda p: min(255, p * 2))
        )
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
