"""Whether a definition makes sense: its names, and what its expressions speak of."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from cases.procedures.fields import (
    Asked,
    ChoiceField,
    ComputedField,
    DateField,
    NumberField,
    Shown,
    TableField,
)
from core.errors import BadInput
from core.rules import compile_rule

if TYPE_CHECKING:
    from cases.procedures.definition import Procedure

RESERVED = frozenset({"import", "resume"})
_FIELD = re.compile(r"\bform\s*\.\s*([A-Za-z_]\w*)")
_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
_MONTH_DAY = re.compile(r"(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def problems_of(procedure: "Procedure") -> list[str]:
    """Each with its place; empty when all is well."""
    return [*_of_names(procedure), *_of_expressions(procedure), *_of_fields(procedure)]


def _of_names(procedure: "Procedure") -> Iterator[str]:
    if procedure.slug in RESERVED:
        yield f"slug: {procedure.slug} is an address of ours"
    pages = [page.name for page in procedure.pages]
    for number, name in enumerate(pages):
        if name in pages[:number]:
            yield f"pages.{number}.name: there is a page {name} already"
    seen: set[str] = set()
    for place, field in _placed(procedure):
        if field.name in seen:
            yield f"{place}.name: there is a field {field.name} already"
        seen.add(field.name)
    for role, name in procedure.sender.model_dump().items():
        if name and name not in seen:
            yield f"sender.{role}: there is no field {name}"


def _of_expressions(procedure: "Procedure") -> Iterator[str]:
    before: set[str] = set()
    every = set(procedure.fields)
    for number, check in enumerate(procedure.eligibility):
        yield from _wrong(f"eligibility.{number}.rule", check.rule, set())
    for number, page in enumerate(procedure.pages):
        yield from _wrong(f"pages.{number}.visible_when", page.visible_when, before)
        for position, field in enumerate(page.fields):
            place = f"pages.{number}.fields.{position}"
            yield from _wrong(f"{place}.visible_when", field.visible_when, before)
            if isinstance(field, ComputedField):
                yield from _wrong(f"{place}.expression", field.expression, before)
            if isinstance(field, Asked):
                yield from _wrong(f"{place}.prefill", field.prefill, set())
                for index, check in enumerate(field.checks):
                    yield from _wrong(f"{place}.checks.{index}.rule", check.rule, every)
            before.add(field.name)
    yield from _wrong("subject", procedure.subject, every)


def _wrong(place: str, expression: str, known: set[str]) -> Iterator[str]:
    """``known`` are the fields that it may speak of."""
    if not expression:
        return
    try:
        compile_rule(expression)
    except BadInput as problem:
        yield f"{place}: {problem.where}: {problem.reason}"
        return
    for name in dict.fromkeys(_FIELD.findall(_STRING.sub("''", expression))):
        if name not in known:
            yield (
                f"{place}: no field {name} stands before it"
                if known
                else (f"{place}: no field can be used here, and {name} is none")
            )


def _of_fields(procedure: "Procedure") -> Iterator[str]:
    for bound in ("season_start", "season_end"):
        day = getattr(procedure.opening, bound)
        if day and not _MONTH_DAY.fullmatch(day):
            yield f"opening.{bound}: {day} is no day of a year"
    for bound in ("first_day", "last_day"):
        yield from _wrong_day(f"opening.{bound}", getattr(procedure.opening, bound))
    for place, field in _placed(procedure):
        yield from _of_field(place, field)
        for number, column in enumerate(field.columns if isinstance(field, TableField) else ()):
            yield from _of_field(f"{place}.columns.{number}", column)
            if column.visible_when or column.checks or column.prefill:
                yield f"{place}.columns.{number}: a column has no condition, check or prefill"


def _of_field(place: str, field: Shown) -> Iterator[str]:
    match field:
        case ChoiceField():
            values = [option.value for option in field.options]
            if len(set(values)) < len(values):
                yield f"{place}.options: two options have the same value"
        case DateField():
            yield from _wrong_day(f"{place}.earliest", field.earliest)
            yield from _wrong_day(f"{place}.latest", field.latest)
        case NumberField(least=float(least), most=float(most)) if least > most:
            yield f"{place}.least: is more than the most"
        case TableField() if field.min_rows > field.max_rows:
            yield f"{place}.min_rows: is more than max_rows"
        case _:
            pass


def _wrong_day(place: str, text: str) -> Iterator[str]:
    if not _ISO.fullmatch(text):
        return
    try:
        date.fromisoformat(text)
    except ValueError:
        yield f"{place}: {text} is no day"


def _placed(procedure: "Procedure") -> Iterator[tuple[str, Shown]]:
    for number, page in enumerate(procedure.pages):
        for position, field in enumerate(page.fields):
            yield f"pages.{number}.fields.{position}", field
