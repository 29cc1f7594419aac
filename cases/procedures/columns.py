"""Changing the columns of a table in a working copy. Pure, as :mod:`cases.procedures.editing`."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from cases.procedures.editing import Working, field_of, filled, free_name
from core.errors import BadInput, NotThere
from core.i18n import N_

COLUMN_KINDS = ("text", "date", "number", "choice", "yes_no")
FEWEST = N_("A table has one column at least.")


def add_column(
    working: Working, table: str, kind: str, label: Mapping[str, str]
) -> tuple[Working, str]:
    """At the end; returns the name that it got, too."""
    made, columns = _columns(working, table)
    name = free_name(next(iter(label.values()), kind), [one["name"] for one in columns])
    column: Working = {"kind": kind, "name": name, "label": dict(label)}
    if kind == "choice":
        column["style"] = "list"
        column["options"] = [{"value": "1", "label": {"fr": "Premier choix", "en": "First choice"}}]
    columns.append(column)
    return made, name


def column_of(working: Working, table: str, name: str) -> Working:
    """Raises NotThere."""
    _, columns = _columns(working, table)
    return columns[_place(columns, name)]


def change_column(working: Working, table: str, name: str, values: Mapping[str, Any]) -> Working:
    made, columns = _columns(working, table)
    columns[_place(columns, name)] = filled(values)
    return made


def move_column(working: Working, table: str, name: str, by: int) -> Working:
    made, columns = _columns(working, table)
    place = _place(columns, name)
    if 0 <= place + by < len(columns):
        columns[place], columns[place + by] = columns[place + by], columns[place]
    return made


def remove_column(working: Working, table: str, name: str) -> Working:
    made, columns = _columns(working, table)
    if len(columns) == 1:
        raise BadInput(FEWEST, where="columns")
    del columns[_place(columns, name)]
    return made


def _columns(working: Working, table: str) -> tuple[Working, list[Working]]:
    made = deepcopy(working)
    columns: list[Working] = field_of(made, table).setdefault("columns", [])
    return made, columns


def _place(columns: list[Working], name: str) -> int:
    for place, column in enumerate(columns):
        if column.get("name") == name:
            return place
    raise NotThere(f"no column {name}")
