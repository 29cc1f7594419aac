"""What is wrong with a procedure, in the words of who edits it, with what to do about it.

A definition is checked by pydantic and by :mod:`cases.procedures.soundness`, whose reasons are for
programs: ``pages.0.fields.1.label: Field required``.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.i18n import N_

Translate = Callable[[str], str]

MISSING = N_("Something is missing here: fill it in.")
_SAYINGS: Sequence[tuple[str, str]] = (
    (r"Field required|String should have at least", MISSING),
    (
        r"says nothing in any language",
        N_("Nothing is written here in any language: write it in one of them at least."),
    ),
    (
        r"String should match pattern .*today",
        N_("This is no day: write it as 2026-09-01, or today, or today+30 (days)."),
    ),
    (
        r"String should match pattern '\^\(\|\\d\\d-",
        N_("This is no day of the year: write month and day, as 03-01."),
    ),
    (
        r"String should match pattern",
        N_("Some of these signs cannot be used here: take small letters, digits and hyphens."),
    ),
    (
        r"String should have at most (?P<most>\d+)",
        N_("This is too long: shorten it to %(most)s characters."),
    ),
    (
        r"Input should be greater than or equal to (?P<least>[\d.-]+)",
        N_("This number is too small: take %(least)s or more."),
    ),
    (
        r"Input should be less than or equal to (?P<most>[\d.-]+)",
        N_("This number is too large: take %(most)s or less."),
    ),
    (r"\w+ should have at least", N_("The list is empty: add something to it.")),
    (
        r"\w+ should have at most (?P<most>\d+)",
        N_("There are too many of them: keep %(most)s at most."),
    ),
    (r"Extra inputs are not permitted", N_("Guichet does not know this: take it out.")),
    (
        r"Input tag .* does not match|Unable to extract tag",
        N_("There is no such kind of fields: remove the field and add it anew."),
    ),
    (
        r"Input should be '",
        N_("This is none of the possible answers: choose one of them."),
    ),
    (
        r"Input should be a|Input is not",
        N_("Something of another kind belongs here: write it anew."),
    ),
    (
        r"(?P<name>\S+) is an address of ours",
        N_("Guichet uses the address %(name)s itself: give the procedure another."),
    ),
    (
        r"there is a (?:page|field) (?P<name>\S+) already",
        N_("The name %(name)s is there twice: give one of the two another."),
    ),
    (
        r"there is no field (?P<name>\S+)",
        N_("There is no field %(name)s: name another one, or add it."),
    ),
    (
        r"(?P<line>\d+):(?P<column>\d+): (?P<reason>.+)",
        N_("The expression cannot be read from line %(line)s, character %(column)s: put it right."),
    ),
    (
        r"no field (?P<name>\S+) stands before it",
        N_("No field %(name)s stands before this one: move it up, or name another one."),
    ),
    (
        r"no field can be used here, and (?P<name>\S+) is none",
        N_("No fields of the form can be used here: take form.%(name)s out."),
    ),
    (
        r"(?P<day>\S+) is no day",
        N_("%(day)s is not in the calendar: write another day."),
    ),
    (
        r"a column has no condition",
        N_("A column has no condition, rule or first value: take them out."),
    ),
    (
        r"two options have the same value",
        N_("Two of the choices have the same value: give each its own."),
    ),
    (r"is more than the most", N_("The least is more than the most: put one of them right.")),
    (
        r"is more than max_rows",
        N_("There are more rows at least than at most: put one of the numbers right."),
    ),
)
SAYINGS = [(re.compile(pattern, re.DOTALL), words) for pattern, words in _SAYINGS]
"""How reasons begin, the first that fits, and what is said of them."""
_PREFIX = "Value error, "
_REASON = re.compile(r"(?:(?P<place>[A-Za-z_]\w*(?:\.\w+)*): )?(?P<said>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reason:
    place: str
    """``pages.0.fields.1.label``; empty for what has none."""
    words: str
    """What is wrong and what to do."""
    technical: str = ""
    """What the reader of an expression says of it, in English."""


def in_words(reason: str, translate: Translate) -> Reason:
    """``reason`` as :func:`cases.procedures.editing.problems_with` tells it."""
    found = _REASON.fullmatch(reason.removeprefix(_PREFIX))
    place, said = (found["place"] or "", found["said"]) if found else ("", reason)
    said = said.removeprefix(_PREFIX)
    for pattern, words in SAYINGS:
        if fits := pattern.match(said):
            values = fits.groupdict()
            return Reason(place, translate(words) % values, values.get("reason") or "")
    return Reason(place, said)
