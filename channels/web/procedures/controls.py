"""From a page of a form to what its template shows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cases.procedures import Form, ShownPage, say
from cases.procedures.fields import (
    Asked,
    ChoiceField,
    ComputedField,
    DateField,
    FilesField,
    LongTextField,
    NumberField,
    Shown,
    TableField,
    TextField,
    day_of,
)
from cases.procedures.mistakes import Translate
from cases.procedures.summary import words_of
from channels.web.procedures.reading import PREFIX
from channels.web.procedures.wallet import Offer
from core.i18n import N_
from core.web import FieldError

LABELLED = N_("%(label)s: %(message)s")
AUTOCOMPLETE = {"email": "email", "phone": "tel"}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field on the page; ``id`` is also the name that it is sent under."""

    kind: str
    style: str = ""
    name: str
    id: str
    label: str
    help: str = ""
    required: bool = False
    typed: Any = ""
    """A text; of a choice of many a list, of an address or a position texts by part."""
    errors: Mapping[str, str]
    """By the id of the control or of a part of it."""
    choices: Sequence[Choice] = ()
    rows: Sequence[Sequence["Control"]] = ()
    row: str = ""
    can_add: bool = False
    files: Sequence[Mapping[str, Any]] = ()
    accept: str = ""
    max_size: int = 0
    max_count: int = 0
    offers: Sequence[Offer] = ()
    """Documents of the wallet that could go along."""
    unit: str = ""
    text: str = ""
    """Of a computed value."""
    autocomplete: str = ""
    maxlength: int = 0
    decimals: int = 0
    least: str = ""
    most: str = ""

    @property
    def error(self) -> str:
        return self.errors.get(self.id, "")


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the page is for, and the town's date."""

    locale: str
    translate: Translate
    today: date


def errors_of(page: ShownPage, reader: Reader) -> list[FieldError]:
    """In the order of the page, each with the id of its control."""
    order = {field.name: number for number, field in enumerate(page.fields)}
    found = sorted(page.mistakes, key=lambda one: order[one.control.partition("-")[0]])
    return [
        FieldError(PREFIX + one.control, one.say(reader.locale, reader.translate)) for one in found
    ]


def with_labels(errors: Sequence[FieldError], page: ShownPage, reader: Reader) -> list[FieldError]:
    """For the summary on top, far from the fields: each says which field it speaks of."""
    fields = {field.name: field for field in page.fields}
    return [
        FieldError(
            error.field,
            reader.translate(LABELLED) % {"label": label, "message": error.message}
            if label
            else error.message,
        )
        for error in errors
        for label in [_label(fields, error.field.removeprefix(PREFIX), reader)]
    ]


def _label(fields: Mapping[str, Shown], control: str, reader: Reader) -> str:
    name, _, part = control.partition("-")
    field = fields.get(name)
    if field is None:
        return ""
    row, _, column = part.partition("-")
    if not isinstance(field, TableField) or not row.isdecimal():
        return say(field.label, reader.locale)
    cell = next((say(one.label, reader.locale) for one in field.columns if one.name == column), "")
    return f"{say(field.row or field.label, reader.locale)} {int(row) + 1}, {cell}"


def controls_of(
    page: ShownPage,
    form: Form,
    typed: Mapping[str, Any],
    errors: Sequence[FieldError],
    reader: Reader,
    *,
    more_rows: str = "",
    offers: Mapping[str, Sequence[Offer]] | None = None,
) -> list[Control]:
    """``more_rows`` names a table that gets an empty line; ``offers`` are documents of the
    citizen's wallet by field."""
    by_id = {error.field: error.message for error in errors}
    controls = [
        _control(field, typed.get(field.name), PREFIX + field.name, by_id, reader, form, more_rows)
        for field in page.fields
        if not (isinstance(field, ComputedField) and not field.shown)
    ]
    return [replace(one, offers=(offers or {}).get(one.name, ())) for one in controls]


def _control(
    field: Shown,
    typed: Any,
    id: str,
    errors: Mapping[str, str],
    reader: Reader,
    form: Form | None = None,
    more_rows: str = "",
) -> Control:
    more: dict[str, Any] = {"typed": "" if typed is None else typed}
    match field:
        case ChoiceField():
            more |= _of_choice(field, typed, reader.locale)
        case DateField():
            least, most = (day_of(one, reader.today) for one in (field.earliest, field.latest))
            more |= {"least": least or "", "most": most or ""}
        case NumberField():
            more |= {"unit": say(field.unit, reader.locale), "decimals": field.decimals}
        case TextField():
            more |= {"autocomplete": field.autocomplete, "maxlength": field.max_length}
        case LongTextField():
            more |= {"maxlength": field.max_length}
        case FilesField():
            more |= _of_files(field, typed)
        case TableField():
            more |= _of_table(field, typed, id, errors, reader, more=more_rows == field.name)
        case ComputedField() if form is not None:
            more |= {"text": words_of(field, form.values.get(field.name), reader.locale)}
        case _:
            pass
    kind: str = field.kind  # type: ignore[attr-defined]  # every kind has one
    return Control(
        kind=kind,
        name=field.name,
        id=id,
        label=say(field.label, reader.locale),
        help=say(field.help, reader.locale),
        required=isinstance(field, Asked) and field.required,
        errors={name: text for name, text in errors.items() if f"{name}-".startswith(f"{id}-")},
        **{"autocomplete": AUTOCOMPLETE.get(kind, ""), **more},
    )


def _of_choice(field: ChoiceField, typed: Any, locale: str) -> dict[str, Any]:
    chosen = typed if isinstance(typed, list) else [typed]
    choices = [
        Choice(option.value, say(option.label, locale), option.value in chosen)
        for option in field.options
    ]
    return {"style": field.style, "choices": choices}


def _of_files(field: FilesField, typed: Any) -> dict[str, Any]:
    return {
        "files": typed if isinstance(typed, list) else [],
        "accept": ",".join(f".{kind}" for kind in _endings(field)),
        "max_size": field.max_size,
        "max_count": field.max_count,
    }


def _endings(field: FilesField) -> list[str]:
    also = {"jpg": ["jpg", "jpeg"], "tif": ["tif", "tiff"], "heic": ["heic", "heif"]}
    return [ending for kind in field.accept for ending in also.get(kind, [kind])]


def _of_table(
    field: TableField,
    typed: Any,
    id: str,
    errors: Mapping[str, str],
    reader: Reader,
    *,
    more: bool,
) -> dict[str, Any]:
    filled = [row for row in typed if isinstance(row, dict)] if isinstance(typed, list) else []
    count = min(field.max_rows, max(len(filled) + more, field.min_rows, 1))
    rows = [*filled, *({} for _ in range(count - len(filled)))]
    return {
        "typed": "",
        "row": say(field.row, reader.locale),
        "can_add": len(rows) < field.max_rows,
        "rows": [
            [
                _control(
                    column, row.get(column.name), f"{id}-{number}-{column.name}", errors, reader
                )
                for column in field.columns
            ]
            for number, row in enumerate(rows)
        ],
    }
