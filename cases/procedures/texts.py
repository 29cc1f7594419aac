"""Texts of a procedure, in the languages that its author wrote it in."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
"""ISO 639-1."""


def _not_empty(text: dict[str, str]) -> dict[str, str]:
    if not any(words.strip() for words in text.values()):
        raise ValueError("says nothing in any language")
    return text


Words = Annotated[str, StringConstraints(max_length=5_000)]
Text = Annotated[dict[Language, Words], AfterValidator(_not_empty)]
"""By language: ``{"fr": "Votre nom", "en": "Your name"}``."""
MaybeText = dict[Language, Words]
"""The same, or nothing at all: ``{}``."""


def say(text: Mapping[str, str], locale: str) -> str:
    """The words in the reader's language, else in the first that has any; else nothing."""
    return text.get(locale) or next((words for words in text.values() if words), "")
