"""Links of other sites that begin a form with answers: ``/procedures/stall?f.market=saturday``.

Only what says nothing about a person can be filled in so: whoever made the link is not whoever
follows it. The citizen is shown what a link brings before they begin, and can change it after.
"""

from collections.abc import Mapping
from typing import Any

from cases.procedures import Procedure
from cases.procedures.cleaning import Place, clean
from cases.procedures.fields import (
    Asked,
    ChoiceField,
    DateField,
    NumberField,
    TextField,
    YesNoField,
)
from cases.procedures.summary import words_of
from cases.procedures.texts import say

PREFIX = "f."
MAX_LENGTH = 200  # characters of one answer
HARMLESS = (ChoiceField, DateField, NumberField, TextField, YesNoField)


def brought(definition: Procedure, sent: Mapping[str, Any], place: Place) -> dict[str, str]:
    """What was typed by the link, by field: only what the field would take, and of fields that
    speak neither of the citizen's profile nor of the sender."""
    personal = set(definition.sender.model_dump().values())
    found = {}
    for name, field in definition.fields.items():
        typed = sent.get(PREFIX + name)
        if (
            isinstance(field, Asked)
            and isinstance(field, HARMLESS)
            and not field.prefill
            and name not in personal
            and isinstance(typed, str)
            and 0 < len(typed) <= MAX_LENGTH
            and not (isinstance(field, ChoiceField) and field.style == "many")
            and not clean(field, typed, place)[1]
        ):
            found[name] = typed
    return found


def in_words(
    definition: Procedure, typed: Mapping[str, str], place: Place, locale: str
) -> list[tuple[str, str, str]]:
    """Name of the form's field, label and answer, for the page where the form begins."""
    lines = []
    for name, text in typed.items():
        field = definition.fields[name]
        assert isinstance(field, Asked)  # noqa: S101 - brought() took it
        value, _ = clean(field, text, place)
        lines.append((PREFIX + name, say(field.label, locale), words_of(field, value, locale)))
    return lines
