"""How letters are printed."""

from typing import Literal

from pydantic import BaseModel


class LetterSettings(BaseModel):
    letter_address: str = ""
    """The town's own postal address, as letters carry it; lines are separated by semicolons."""
    letter_window: Literal["right", "left"] = "right"
    """On which side the envelopes have their window: on the right as in France, on the left as
    DIN 5008 (form B) has it."""
