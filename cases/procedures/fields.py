"""The kinds of fields that a procedure's form is made of."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cases.procedures.texts import MaybeText, Text
from core.rules import MAX_LENGTH

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Expression = Annotated[str, StringConstraints(max_length=MAX_LENGTH)]
"""CEL; empty for none."""
Day = Annotated[str, StringConstraints(pattern=r"^(|\d{4}-\d\d-\d\d|today([+-]\d{1,5})?)$")]
"""``2026-09-01``, ``today``, ``today+30``, ``today-6570`` (days), or nothing."""
FileKind = Literal["pdf", "jpg", "png", "heic", "tif", "doc", "docx", "odt", "xls", "xlsx", "ods"]

MEGABYTE = 1_000_000  # bytes


class Part(BaseModel):
    """Of a definition: never changed, and nothing in it is passed over unread."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Check(Part):
    """A rule that must hold, and what to say when it does not."""

    rule: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]
    """CEL; of a field over ``value``, ``form``, ``citizen`` and ``now``; of an eligibility over
    ``citizen`` and ``now``."""
    message: Text


class Shown(Part):
    """What every field has."""

    name: Name
    label: Text
    help: MaybeText = Field(default_factory=dict)
    visible_when: Expression = ""
    """CEL over ``form`` (the fields before this one), ``citizen`` and ``now``; empty: always."""


class Asked(Shown):
    """A field that asks something."""

    required: bool = True
    prefill: Expression = ""
    """CEL over ``citizen``: what stands in the field at first."""
    checks: tuple[Check, ...] = ()
    """Asked only of what is filled in."""


class TextField(Asked):
    kind: Literal["text"] = "text"
    min_length: int = Field(default=0, ge=0)
    max_length: int = Field(default=200, ge=1, le=1_000)
    autocomplete: str = Field(default="", pattern=r"^[a-z -]{0,60}$")
    """As HTML names it: ``given-name``, ``family-name``, ``organization`` …"""


class LongTextField(Asked):
    kind: Literal["long_text"] = "long_text"
    max_length: int = Field(default=5_000, ge=1, le=50_000)


class EmailField(Asked):
    kind: Literal["email"] = "email"


class PhoneField(Asked):
    kind: Literal["phone"] = "phone"


class DateField(Asked):
    kind: Literal["date"] = "date"
    earliest: Day = ""
    latest: Day = ""


class NumberField(Asked):
    kind: Literal["number"] = "number"
    least: float | None = None
    most: float | None = None
    decimals: int = Field(default=0, ge=0, le=6)
    """Digits behind the point; with 0 the value is a CEL ``int``, else a ``double``."""
    unit: MaybeText = Field(default_factory=dict)


class Option(Part):
    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]
    label: Text


class ChoiceField(Asked):
    kind: Literal["choice"] = "choice"
    style: Literal["radio", "list", "many"] = "radio"
    """One of buttons, one of a list, or any number of boxes."""
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=300)]


class YesNoField(Asked):
    kind: Literal["yes_no"] = "yes_no"


class AddressField(Asked):
    """Its value has ``street``, ``postcode`` and ``city``."""

    kind: Literal["address"] = "address"


class PositionField(Asked):
    """Its value has ``lat`` and ``lon`` (degrees, WGS 84) and ``address``, in words."""

    kind: Literal["position"] = "position"


class FilesField(Asked):
    kind: Literal["files"] = "files"
    accept: Annotated[tuple[FileKind, ...], Field(min_length=1)] = ("pdf", "jpg", "png", "heic")
    max_size: int = Field(default=10 * MEGABYTE, ge=1_000, le=100 * MEGABYTE)
    """Bytes of one file."""
    max_count: int = Field(default=3, ge=1, le=20)


class ConsentField(Asked):
    """A box to tick; a required one must be ticked. Its label is what is consented to."""

    kind: Literal["consent"] = "consent"


Column = Annotated[
    TextField | DateField | NumberField | ChoiceField | YesNoField, Field(discriminator="kind")
]


class TableField(Asked):
    """Rows of the same columns; a column has neither condition, check nor prefill."""

    kind: Literal["table"] = "table"
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=8)]
    row: MaybeText = Field(default_factory=dict)
    """What one row is called: "Child"."""
    min_rows: int = Field(default=1, ge=0, le=30)
    max_rows: int = Field(default=10, ge=1, le=30)


class HeadingField(Shown):
    kind: Literal["heading"] = "heading"


class ExplanationField(Shown):
    """A paragraph: its label stands above, its help is the text."""

    kind: Literal["explanation"] = "explanation"


class ComputedField(Shown):
    kind: Literal["computed"] = "computed"
    expression: Annotated[str, StringConstraints(min_length=1, max_length=MAX_LENGTH)]
    """CEL over ``form`` (the fields before this one), ``citizen`` and ``now``."""
    unit: MaybeText = Field(default_factory=dict)
    decimals: int | None = Field(default=None, ge=0, le=6)
    """Digits behind the point that are always shown; None: as many as there are."""
    shown: bool = True
    """Whether the citizen sees it; agents and rules always do."""


AnyField = Annotated[
    TextField
    | LongTextField
    | EmailField
    | PhoneField
    | DateField
    | NumberField
    | ChoiceField
    | YesNoField
    | AddressField
    | PositionField
    | FilesField
    | ConsentField
    | TableField
    | HeadingField
    | ExplanationField
    | ComputedField,
    Field(discriminator="kind"),
]
KINDS: dict[str, type[Shown]] = {
    kind.model_fields["kind"].default: kind
    for kind in (
        TextField, LongTextField, EmailField, PhoneField, DateField, NumberField, ChoiceField,
        YesNoField, AddressField, PositionField, FilesField, ConsentField, TableField,
        HeadingField, ExplanationField, ComputedField,
    )
}  # fmt: skip


def nothing_in(field: Shown) -> Any:
    """The value of a field that is empty, or not shown: what CEL sees of it then."""
    match field:
        case ChoiceField(style="many") | FilesField() | TableField():
            return []
        case AddressField():
            return {"street": "", "postcode": "", "city": ""}
        case ConsentField():
            return False
        case DateField() | NumberField() | YesNoField() | PositionField() | ComputedField():
            return None
        case _:
            return ""


def day_of(text: str, today: date) -> date | None:
    """The date that a :data:`Day` means; None for nothing. Raises ValueError when it is none."""
    if not text:
        return None
    if text.startswith("today"):
        return today + timedelta(days=int(text.removeprefix("today") or 0))
    return date.fromisoformat(text)
