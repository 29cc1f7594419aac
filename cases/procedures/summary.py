"""What was answered, in words: for the summary, the message, the desk and the tracking page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from cases.procedures.definition import Page, Procedure
from cases.procedures.fields import (
    Asked,
    ChoiceField,
    ComputedField,
    ConsentField,
    DateField,
    FilesField,
    NumberField,
    PositionField,
    Shown,
    TableField,
    YesNoField,
)
from cases.procedures.texts import say
from core.i18n import N_, labelled, translator

YES, NO = N_("Yes"), N_("No")


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    label: str
    text: str = ""
    rows: Sequence[Sequence[str]] = ()
    """Of a table, with its ``heads``."""
    heads: Sequence[str] = ()
    files: Sequence[Mapping[str, Any]] = ()
    position: Mapping[str, Any] | None = None
    before: "Line | None" = None
    """What was filed, when it was changed since."""


@dataclass(frozen=True, slots=True)
class Section:
    """One page that was shown."""

    page: str
    title: str
    lines: Sequence[Line]


def summary(
    procedure: Procedure,
    values: Mapping[str, Any],
    locale: str,
    *,
    hidden: bool = False,
    filed: Mapping[str, Any] = MappingProxyType({}),
) -> list[Section]:
    """Of the values of a form (:class:`~cases.procedures.form.Form`), page by page.

    ``hidden`` adds the computed values that citizens do not see; ``filed`` are values that were
    changed since, as they were.
    """
    sections = [
        Section(
            page.name,
            say(page.title, locale),
            [
                replace(line, before=line_of(procedure.fields[line.name], filed[line.name], locale))
                if line.name in filed
                else line
                for line in _lines(page, values, locale, hidden=hidden)
            ],
        )
        for page in procedure.pages
    ]
    return [section for section in sections if section.lines]


def as_text(sections: Sequence[Section], locale: str) -> str:
    """Plain text in the language of the sections, for the message and whoever reads it without a
    form."""
    return "\n\n".join(
        "\n".join([section.title.upper(), *(_as_text(line, locale) for line in section.lines)])
        for section in sections
    )


def _lines(page: Page, values: Mapping[str, Any], locale: str, *, hidden: bool) -> list[Line]:
    return [
        line_of(field, values[field.name], locale)
        for field in page.fields
        if field.name in values
        and (
            isinstance(field, Asked) or (isinstance(field, ComputedField) and _told(field, hidden))
        )
    ]


def _told(field: ComputedField, hidden: bool) -> bool:
    return field.shown or hidden


def line_of(field: Shown, value: Any, locale: str) -> Line:
    """One field with its value; None is nothing."""
    label = say(field.label, locale)
    if isinstance(field, TableField):
        heads = [say(column.label, locale) for column in field.columns]
        rows = [
            [words_of(column, row.get(column.name), locale) for column in field.columns]
            for row in value or ()
        ]
        return Line(field.name, label, rows=rows, heads=heads)
    if isinstance(field, FilesField):
        return Line(field.name, label, files=value or ())
    if isinstance(field, PositionField):
        return Line(field.name, label, words_of(field, value, locale), position=value)
    return Line(field.name, label, words_of(field, value, locale))


def words_of(field: Shown, value: Any, locale: str) -> str:
    """One value as people write it; nothing for none."""
    if value is None or value == "":
        return ""
    match field:
        case YesNoField() | ConsentField():
            text = translator(locale)(YES if value else NO)
        case ChoiceField():
            labels = {option.value: say(option.label, locale) for option in field.options}
            chosen = value if isinstance(value, list) else [value]
            text = ", ".join(str(labels.get(one, one)) for one in chosen)
        case DateField():
            text = str(format_date(date.fromisoformat(value), "long", locale=_region(locale)))
        case NumberField() | ComputedField():
            digits = field.decimals if isinstance(field, ComputedField) else None
            number = _number(value, locale, digits)
            text = " ".join(filter(None, (number, say(field.unit, locale))))
        case _:
            text = _place(value) if isinstance(value, dict) else str(value)
    return text


def _number(value: Any, locale: str, digits: int | None) -> str:
    if isinstance(value, bool):
        return translator(locale)(YES if value else NO)
    if isinstance(value, int | float):
        shape = None if digits is None else f"#,##0.{'0' * digits}".rstrip(".")
        return format_decimal(value, shape, locale=_region(locale))
    return str(value)


def _place(value: Mapping[str, Any]) -> str:
    if "street" in value:
        town = " ".join(filter(None, (value["postcode"], value["city"])))
        return ", ".join(filter(None, (value["street"], town)))
    where = f"{value['lat']:.5f}, {value['lon']:.5f}" if value.get("lat") is not None else ""
    return " · ".join(filter(None, (value.get("address", ""), where)))


def _region(locale: str) -> str:
    return "en_GB" if locale == "en" else locale


def _as_text(line: Line, locale: str) -> str:
    if line.heads:
        between = "\N{NO-BREAK SPACE}; " if locale == "fr" else "; "
        rows = [
            "  - "
            + between.join(
                labelled(head, cell, locale) for head, cell in zip(line.heads, row, strict=True)
            )
            for row in line.rows
        ]
        return "\n".join([labelled(line.label, "", locale).rstrip(" "), *rows])
    if line.files:
        return labelled(line.label, ", ".join(str(file["name"]) for file in line.files), locale)
    return labelled(line.label, line.text or "–", locale)
