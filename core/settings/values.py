"""What settings of several subjects are written with."""

from typing import Annotated

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

MEBIBYTE = 1024 * 1024


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip().lower() for part in value.split(",") if part.strip())
    return value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)]
"""A list that may be written with commas."""
