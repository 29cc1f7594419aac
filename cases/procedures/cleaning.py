"""From what was typed to a value, kind by kind. Pure; nothing about what is typed is trusted.

What was typed is JSON as a form sends it: texts (``"12,5"``, ``"2026-09-01"``, ``"yes"``), a list
of texts for a choice of many, texts by part for an address (``street``, ``postcode``, ``city``)
and a position (``lat``, ``lon``, ``address``), a list of such rows for a table, and for files the
list that the store has of them.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from cases.procedures import mistakes as say
from cases.procedures.fields import (
    AddressField,
    Asked,
    ChoiceField,
    ConsentField,
    DateField,
    EmailField,
    FilesField,
    LongTextField,
    NumberField,
    PhoneField,
    PositionField,
    TableField,
    TextField,
    YesNoField,
    day_of,
    nothing_in,
)
from cases.procedures.mistakes import Mistake
from core.contacts import email_address, phone_number
from core.text import clean_line, clean_text

MAX_PART = 200  # characters of one line of an address
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:[.,]\d{1,15})?")
_SPACES = re.compile(r"[\s\u202f\u00a0]")
_OF_A_FILE = {"id", "name", "size", "sha256"}
_DAY_FIRST = re.compile(r"(\d{1,2})[./ -](\d{1,2})[./ -](\d{4})")


@dataclass(frozen=True, slots=True)
class Place:
    """What cleaning must know of the town: its country (ISO 3166-1) and its date."""

    country: str
    today: date


Cleaned = tuple[Any, list[Mistake]]


def clean(field: Asked, typed: Any, place: Place, control: str = "") -> Cleaned:
    """The field's value, and what is wrong with it; of what is wrong the value is nothing.

    Required fields that are empty are a mistake too. ``control`` is the name in mistakes.
    """
    control = control or field.name
    value, wrong = _CLEANERS[type(field)](field, typed, place, control)
    if wrong:
        return nothing_in(field), wrong
    if value == nothing_in(field) and field.required:
        return value, [Mistake(control, _MISSING.get(type(field), say.MISSING))]
    return value, []


def _line(typed: Any, most: int = MAX_PART) -> str:
    return clean_line(typed[: 4 * most]) if isinstance(typed, str) else ""


def _length(value: str) -> int:
    """As browsers count for ``maxlength``: in units of UTF-16."""
    return len(value) + sum(character > "\uffff" for character in value)


def _part(typed: Any, name: str) -> str:
    return _line(typed.get(name, "")) if isinstance(typed, dict) else ""


def _text(field: TextField, typed: Any, _place: Place, control: str) -> Cleaned:
    value = _line(typed, 1_000)
    if _length(value) > field.max_length:
        return "", [Mistake(control, say.TOO_LONG, {"most": field.max_length})]
    if value and len(value) < field.min_length:
        return "", [Mistake(control, say.TOO_SHORT, {"least": field.min_length})]
    return value, []


def _long_text(field: LongTextField, typed: Any, _place: Place, control: str) -> Cleaned:
    value = clean_text(typed).strip() if isinstance(typed, str) else ""
    if _length(value) > field.max_length:
        return "", [Mistake(control, say.TOO_LONG, {"most": field.max_length})]
    return value, []


def _email(_field: EmailField, typed: Any, _place: Place, control: str) -> Cleaned:
    text = _line(typed, 254)
    value = email_address(text) if text else ""
    return (value, []) if value is not None else ("", [Mistake(control, say.NOT_EMAIL)])


def _phone(_field: PhoneField, typed: Any, place: Place, control: str) -> Cleaned:
    text = _line(typed)
    value = phone_number(text, place.country) if text else ""
    return (value, []) if value is not None else ("", [Mistake(control, say.NOT_PHONE)])


def _date(field: DateField, typed: Any, place: Place, control: str) -> Cleaned:
    text = _line(typed)
    if not text:
        return None, []
    day = _day(text)
    if day is None:
        return None, [Mistake(control, say.NOT_DATE)]
    least, most = day_of(field.earliest, place.today), day_of(field.latest, place.today)
    if least and day < least:
        return None, [Mistake(control, say.TOO_EARLY, {"least": least})]
    if most and day > most:
        return None, [Mistake(control, say.TOO_LATE, {"most": most})]
    return day.isoformat(), []


def _day(text: str) -> date | None:
    """ISO 8601, as browsers send it, or day first, as people type it where they do not."""
    found = _DAY_FIRST.fullmatch(text)
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number(field: NumberField, typed: Any, _place: Place, control: str) -> Cleaned:
    text = _SPACES.sub("", _line(typed))
    if not text:
        return None, []
    if not _NUMBER.fullmatch(text):
        return None, [Mistake(control, say.NOT_NUMBER)]
    number = float(text.replace(",", "."))
    wrong = _wrong_number(field, number, control)
    if wrong:
        return None, [wrong]
    return (int(number) if field.decimals == 0 else number), []


def _wrong_number(field: NumberField, number: float, control: str) -> Mistake | None:
    if field.decimals == 0 and not number.is_integer():
        return Mistake(control, say.NOT_WHOLE)
    if round(number, field.decimals) != number:
        return Mistake(control, say.TOO_PRECISE, {"most": field.decimals})
    if field.least is not None and number < field.least:
        return Mistake(control, say.TOO_SMALL, {"least": f"{field.least:g}"})
    if field.most is not None and number > field.most:
        return Mistake(control, say.TOO_BIG, {"most": f"{field.most:g}"})
    return None


def _choice(field: ChoiceField, typed: Any, _place: Place, control: str) -> Cleaned:
    offered = [option.value for option in field.options]
    if field.style != "many":
        value = _line(typed)
        known = not value or value in offered
        return (value, []) if known else ("", [Mistake(control, say.NOT_OFFERED)])
    chosen = typed if isinstance(typed, list) else []
    if any(one not in offered for one in chosen):
        return [], [Mistake(control, say.NOT_OFFERED)]
    return [one for one in offered if one in chosen], []


def _yes_no(_field: YesNoField, typed: Any, _place: Place, control: str) -> Cleaned:
    known = {"": None, "yes": True, "no": False}
    if not isinstance(typed, str) or typed not in known:
        return None, [] if typed is None else [Mistake(control, say.CHOOSE)]
    return known[typed], []


def _consent(_field: ConsentField, typed: Any, _place: Place, _control: str) -> Cleaned:
    return typed == "yes", []


def _address(field: AddressField, typed: Any, _place: Place, control: str) -> Cleaned:
    value = {name: _part(typed, name) for name in ("street", "postcode", "city")}
    if not field.required and not any(value.values()):
        return value, []
    messages = {"street": say.NO_STREET, "postcode": say.NO_POSTCODE, "city": say.NO_CITY}
    wrong = [Mistake(f"{control}-{name}", messages[name]) for name in value if not value[name]]
    return value, [*wrong, *_too_long(value, control)]


def _position(_field: PositionField, typed: Any, _place: Place, control: str) -> Cleaned:
    lat, lon = _degrees(_part(typed, "lat"), 90), _degrees(_part(typed, "lon"), 180)
    address = _part(typed, "address")
    if (lat is None) != (lon is None) or (lat is not None and math.isnan(lat + (lon or 0))):
        return None, [Mistake(f"{control}-lat", say.NOT_PLACE)]
    if lat is None and not address:
        return None, []
    return {"lat": lat, "lon": lon, "address": address}, _too_long({"address": address}, control)


def _too_long(parts: Mapping[str, str], control: str) -> list[Mistake]:
    return [
        Mistake(f"{control}-{name}", say.TOO_LONG, {"most": MAX_PART})
        for name, text in parts.items()
        if _length(text) > MAX_PART
    ]


def _degrees(text: str, most: int) -> float | None:
    """None for nothing, and not a number for what is none."""
    text = _SPACES.sub("", text)
    if not text:
        return None
    number = float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else math.nan
    return round(number, 6) if abs(number) <= most else math.nan


def _files(field: FilesField, typed: Any, _place: Place, control: str) -> Cleaned:
    given = typed if isinstance(typed, list) else []
    files = [one for one in given if isinstance(one, dict) and one.keys() >= _OF_A_FILE]
    if len(files) > field.max_count:
        return [], [Mistake(control, say.TOO_MANY_FILES, {"most": field.max_count})]
    return files, []


def _table(field: TableField, typed: Any, place: Place, control: str) -> Cleaned:
    rows, wrong = [], []
    given = typed if isinstance(typed, list) else []
    filled = [row for row in given if isinstance(row, dict) and _is_filled(row)]
    if len(filled) > field.max_rows:
        return [], [Mistake(control, say.TOO_MANY_ROWS, {"most": field.max_rows})]
    for number, row in enumerate(filled):
        value = {}
        for column in field.columns:
            name = f"{control}-{number}-{column.name}"
            value[column.name], found = clean(column, row.get(column.name), place, name)
            wrong += found
        rows.append(value)
    if not wrong and len(rows) < field.min_rows and (field.required or rows):
        wrong.append(Mistake(control, say.TOO_FEW_ROWS, {"least": field.min_rows}))
    return rows, wrong


def _is_filled(row: dict[str, Any]) -> bool:
    return any(bool(value) and value != [""] for value in row.values())


_CLEANERS: dict[type[Asked], Callable[..., Cleaned]] = {
    TextField: _text,
    LongTextField: _long_text,
    EmailField: _email,
    PhoneField: _phone,
    DateField: _date,
    NumberField: _number,
    ChoiceField: _choice,
    YesNoField: _yes_no,
    ConsentField: _consent,
    AddressField: _address,
    PositionField: _position,
    FilesField: _files,
    TableField: _table,
}
_MISSING: dict[type[Asked], str] = {
    ChoiceField: say.CHOOSE,
    YesNoField: say.CHOOSE,
    ConsentField: say.TICK,
    PositionField: say.NO_PLACE,
    FilesField: say.NO_FILE,
}
