"""A form as it is filled in so far: what is shown, what it says, what is wrong. Pure.

One pass from the first field to the last: a condition and a computed value see what stands before
them, and of what is hidden they see nothing. So the same answers always show the same form, in
whatever order they were given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.procedures.cleaning import Place, clean
from cases.procedures.definition import Page, Procedure
from cases.procedures.fields import (
    Asked,
    ComputedField,
    DateField,
    FilesField,
    Shown,
    TableField,
    nothing_in,
)
from cases.procedures.mistakes import Mistake
from core.errors import BadInput
from core.rules import compile_rule

CITIZEN: Mapping[str, Any] = {
    "signed_in": False,
    "first_name": "",
    "last_name": "",
    "email": "",
    "phone": "",
    "street": "",
    "postcode": "",
    "city": "",
    "born": None,
    "age": None,
    "categories": [],
}
"""What expressions can ask of ``citizen``, as it is of somebody unknown: ``born`` is a timestamp,
``age`` whole years, ``categories`` texts that the town has given."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a form is filled in with beside the answers."""

    now: datetime
    zone: ZoneInfo
    country: str
    citizen: Mapping[str, Any]
    """See :data:`CITIZEN`; what is not said is as there."""

    @property
    def place(self) -> Place:
        return Place(self.country, self.now.astimezone(self.zone).date())

    @property
    def variables(self) -> dict[str, Any]:
        return {"citizen": {**CITIZEN, **self.citizen}, "now": self.now}


@dataclass(frozen=True, slots=True)
class ShownPage:
    page: Page
    fields: Sequence[Shown]
    """Those that are visible."""
    mistakes: Sequence[Mistake]

    @property
    def name(self) -> str:
        return self.page.name


@dataclass(frozen=True, slots=True)
class Form:
    """The visible pages with their visible fields, and the values of these."""

    pages: Sequence[ShownPage]
    values: Mapping[str, Any]
    """JSON by field name: what was hidden is not among them."""

    @property
    def mistakes(self) -> Sequence[Mistake]:
        return [mistake for page in self.pages for mistake in page.mistakes]


def fill_in(procedure: Procedure, typed: Mapping[str, Any], around: Surroundings) -> Form:
    """The form with what was typed, by field name as :mod:`cases.procedures.cleaning` says.

    Server and page agree because there is only this: pages ask it what to show.
    """
    variables = around.variables
    answers = {name: nothing_in(field) for name, field in procedure.fields.items()}
    variables["form"] = answers
    values: dict[str, Any] = {}
    shown: list[tuple[Page, list[Shown], list[Mistake]]] = []
    for page in procedure.pages:
        if not _holds(page.visible_when, variables):
            continue
        fields: list[Shown] = []
        mistakes: list[Mistake] = []
        for field in page.fields:
            if not _holds(field.visible_when, variables):
                continue
            fields.append(field)
            if isinstance(field, ComputedField):
                answers[field.name] = compute(field, variables)
                values[field.name] = _plain(answers[field.name])
            elif isinstance(field, Asked):
                value, wrong = clean(field, typed.get(field.name), around.place)
                mistakes += wrong
                values[field.name] = value
                answers[field.name] = _for_rules(field, value)
        shown.append((page, fields, mistakes))
    return Form(
        pages=[
            ShownPage(page, fields, [*mistakes, *_unmet(fields, mistakes, variables)])
            for page, fields, mistakes in shown
        ],
        values=values,
    )


def visible(form: Form) -> list[str]:
    """The names of the visible fields, in order."""
    return [field.name for page in form.pages for field in page.fields]


def validate(form: Form, page: str) -> Sequence[Mistake]:
    """What is wrong on one page; a page that is not shown has no mistakes."""
    return next((shown.mistakes for shown in form.pages if shown.name == page), ())


def answers_of(procedure: Procedure, form: Form) -> dict[str, Any]:
    """What expressions see as ``form``: nothing of what is not shown."""
    answers = {name: nothing_in(field) for name, field in procedure.fields.items()}
    for name, value in form.values.items():
        field = procedure.fields[name]
        answers[name] = _for_rules(field, value) if isinstance(field, Asked) else value
    return answers


def compute(field: ComputedField, variables: Mapping[str, Any]) -> Any:
    """The value; None when the answers that it takes are not there yet."""
    try:
        return compile_rule(field.expression).evaluate(variables)
    except BadInput:
        return None


def prefill(procedure: Procedure, around: Surroundings) -> dict[str, Any]:
    """What stands in the form at first, as if it had been typed."""
    typed = {}
    for name, field in procedure.fields.items():
        if isinstance(field, Asked) and field.prefill:
            try:
                value = _typed(compile_rule(field.prefill).evaluate(around.variables))
            except BadInput:
                continue
            if value not in ("", None):
                typed[name] = value
    return typed


def typed_again(procedure: Procedure, values: Mapping[str, Any]) -> dict[str, Any]:
    """What one would type for these values of a form; files are as the store has them."""
    return {
        name: values[name] if isinstance(field, FilesField) else _typed(values[name])
        for name, field in procedure.fields.items()
        if isinstance(field, Asked) and name in values
    }


def _unmet(
    fields: Sequence[Shown], mistakes: Sequence[Mistake], variables: Mapping[str, Any]
) -> list[Mistake]:
    """The checks of an author that do not hold, of fields that are filled in and well-formed."""
    wrong = {mistake.control.partition("-")[0] for mistake in mistakes}
    answers = variables["form"]
    return [
        Mistake(field.name, own=check.message)
        for field in fields
        if isinstance(field, Asked)
        and field.name not in wrong
        and answers[field.name] != nothing_in(field)
        for check in field.checks
        if not _holds(check.rule, {**variables, "value": answers[field.name]})
    ]


def _holds(expression: str, variables: Mapping[str, Any]) -> bool:
    return not expression or compile_rule(expression).holds(variables)


def _for_rules(field: Asked, value: Any) -> Any:
    """As CEL sees it: days are timestamps, at midnight UTC."""
    if isinstance(field, DateField):
        return _moment(value)
    if isinstance(field, TableField):
        days = [column.name for column in field.columns if isinstance(column, DateField)]
        return [row | {name: _moment(row[name]) for name in days} for row in value]
    return value


def _moment(day: str | None) -> datetime | None:
    return datetime.combine(datetime.fromisoformat(day), time(), UTC) if day else None


def _plain(value: Any) -> Any:
    """A computed value as JSON."""
    match value:
        case datetime():
            return value.date().isoformat()
        case timedelta():
            return value.days
        case float():
            return round(value, 6)
        case None | bool() | int() | str():
            return value
        case _:
            return str(value)


def _typed(value: Any) -> Any:
    """What a person would have typed for a value of the profile."""
    match value:
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat()
        case int() | float():
            return format(value, ".15g")
        case dict() | list():
            return _typed_parts(value)
        case None:
            return ""
        case _:
            return value


def _typed_parts(value: dict[Any, Any] | list[Any]) -> Any:
    if isinstance(value, list):
        return [_typed(part) for part in value]
    return {str(name): _typed(part) for name, part in value.items()}
