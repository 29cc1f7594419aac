"""How the portal looks, and who may show its procedures."""

from pathlib import Path

from pydantic import BaseModel, field_validator

from core.colours import ENOUGH, PAPER, WHITE, colour_of, contrast
from core.settings.values import Listed


class ThemeSettings(BaseModel):
    """What the portal takes from the town's own site."""

    theme_colour: str = ""
    """The town's colour (``#0b5563``), dark enough for text on white; others follow from it."""
    theme_logo: Path | None = None
    """SVG or PNG file, square."""
    theme_header: str = ""
    """HTML above every page of the portal: a file, or an address that it is fetched from every
    hour. Only words and links of it are shown."""
    theme_footer: str = ""
    """The same, below."""
    embed_origins: Listed = ()
    """Sites that may read the catalogue from their visitors' browsers
    (``https://www.town.example``); ``*`` for all."""

    @field_validator("theme_colour")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        if not value:
            return value
        least = min(contrast(colour_of(value), one) for one in (WHITE, PAPER))
        if least < ENOUGH:
            raise ValueError(
                f"its contrast to the paper is {least:.1f}, and must be {ENOUGH}: take a darker one"
            )
        return value.lower()

    @field_validator("theme_logo")
    @classmethod
    def _is_a_picture(cls, value: Path | None) -> Path | None:
        if value is not None and value.suffix.lower() not in (".svg", ".png"):
            raise ValueError("is an SVG or a PNG file")
        return value
