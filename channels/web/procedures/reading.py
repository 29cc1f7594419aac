"""From the fields of a form that was sent to what was typed. Pure."""

import re
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData

from cases.procedures.fields import (
    AddressField,
    Asked,
    ChoiceField,
    FilesField,
    PositionField,
    Shown,
    TableField,
)

PREFIX = "f-"
"""Before the names of all fields, so that none is taken for one of ours."""
MAX_TYPED = 60_000  # characters of one field that are kept
PARTS = {AddressField: ("street", "postcode", "city"), PositionField: ("address", "lat", "lon")}


def typed_of(fields: Sequence[Shown], sent: FormData) -> dict[str, Any]:
    """By field; files are read elsewhere. Lines of a table with nothing in them are left out."""
    return {
        field.name: _typed(field, sent, PREFIX + field.name)
        for field in fields
        if isinstance(field, Asked) and not isinstance(field, FilesField)
    }


def without_row(sent: FormData, what: str) -> FormData:
    """``what`` is ``<table>:<row>``, the row's number as it stands on the page."""
    gone = f"{PREFIX}{what.replace(':', '-')}-"
    return FormData([pair for pair in sent.multi_items() if not pair[0].startswith(gone)])


def _typed(field: Asked, sent: FormData, name: str) -> Any:
    if isinstance(field, AddressField | PositionField):
        return {part: _text(sent, f"{name}-{part}") for part in PARTS[type(field)]}
    if isinstance(field, ChoiceField) and field.style == "many":
        return [one[:100] for one in sent.getlist(name) if isinstance(one, str)]
    if isinstance(field, TableField):
        return [row for row in _rows(field, sent, name) if any(row.values())]
    return _text(sent, name)


def _rows(field: TableField, sent: FormData, name: str) -> list[dict[str, Any]]:
    pattern = re.compile(rf"{re.escape(name)}-(\d{{1,3}})-")
    numbers = {int(found[1]) for key in sent if (found := pattern.match(key))}
    return [
        {column.name: _typed(column, sent, f"{name}-{number}-{column.name}") for column in columns}
        for number in sorted(numbers)
        for columns in [field.columns]
    ]


def _text(sent: FormData, name: str) -> str:
    value = sent.get(name, "")
    return value[:MAX_TYPED] if isinstance(value, str) else ""
