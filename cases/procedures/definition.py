"""What a procedure is: who may use it, when, its form's pages, and where its cases go.

A published version is never changed. ``docs/procedure.schema.json`` is this as JSON Schema.
"""

from calendar import monthrange
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, ValidationError, model_validator

from cases.agents import Role
from cases.models import CaseStatus
from cases.procedures.fields import (
    KINDS,
    AnyField,
    Check,
    Day,
    Expression,
    Name,
    Part,
    Shown,
    day_of,
)
from cases.procedures.soundness import problems_of
from cases.procedures.texts import MaybeText, Text, say
from core.errors import BadInput

SCHEMA_ID = "https://guichet.example/procedure.schema.json"
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$")]
YearlyDay = Annotated[str, StringConstraints(pattern=r"^(|\d\d-\d\d)$")]


class Page(Part):
    name: Name
    title: Text
    help: MaybeText = Field(default_factory=dict)
    visible_when: Expression = ""
    """CEL over ``form`` (the fields of the pages before), ``citizen`` and ``now``."""
    fields: Annotated[tuple[AnyField, ...], Field(max_length=60)] = ()


class Category(Part):
    code: Slug
    label: Text


class OpeningPeriod(Part):
    """When it can be used; both bounds belong to it, in the town's time zone."""

    first_day: Day = ""
    last_day: Day = ""
    season_start: YearlyDay = ""
    """Every year from this day (``03-01``) …"""
    season_end: YearlyDay = ""
    """… to this one, which may lie behind New Year."""
    closed_message: MaybeText = Field(default_factory=dict)


class SenderFields(Part):
    """Which fields say who asks and how they are answered; empty for none."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


class Status(Part):
    """What a status is called in the cases of this procedure."""

    status: CaseStatus
    label: Text
    explanation: MaybeText = Field(default_factory=dict)
    visible: bool = True
    """Whether the citizen sees it; if not, they see the one before."""
    moved_by: tuple[Role, ...] = ()
    """Roles of the agents who bring a case into it; empty: every agent who may change the case."""


class Comments(Part):
    """Who may write in a case after it was sent."""

    citizen: bool = True
    agent: bool = True


class Procedure(Part):
    model_config = ConfigDict(frozen=True, extra="forbid", title="Guichet procedure")

    format: Literal["guichet.procedure/1"] = "guichet.procedure/1"
    slug: Slug
    """Its address: ``/procedures/<slug>``."""
    title: Text
    summary: Text
    """One or two sentences, for the catalogue."""
    introduction: MaybeText = Field(default_factory=dict)
    """On the first page; paragraphs are separated by an empty line."""
    minutes: int = Field(default=5, ge=1, le=120)
    """How long filling it in takes."""
    category: Category
    keywords: MaybeText = Field(default_factory=dict)
    """Further words that it is found by."""
    queue: str = ""
    """Slug of the queue that its cases go to; empty: the routing rules decide."""
    anonymous: Literal["allowed", "forbidden", "required"] = "allowed"
    """Whether it may be used without an account; ``required``: nothing is used or kept of who is
    signed in."""
    eligibility: tuple[Check, ...] = ()
    """All must hold for a citizen with an account."""
    opening: OpeningPeriod = OpeningPeriod()
    documents: tuple[Text, ...] = ()
    """What to have at hand."""
    sender: SenderFields = SenderFields()
    subject: Expression = ""
    """CEL over ``form``: a text behind the title, in the subject of the case."""
    statuses: tuple[Status, ...] = ()
    comments: Comments = Comments()
    confirmation: MaybeText = Field(default_factory=dict)
    """What happens next, on the page that confirms."""
    pages: Annotated[tuple[Page, ...], Field(min_length=1, max_length=30)]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        problems = problems_of(self)
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @property
    def fields(self) -> dict[str, Shown]:
        """By name, in the order of the form."""
        return {field.name: field for page in self.pages for field in page.fields}

    def called(self, locale: str) -> str:
        return say(self.title, locale)


def read_definition(data: Any) -> Procedure:
    """A definition from JSON text, bytes or what JSON was read to.

    Raises BadInput with every problem and the place of the first (``pages.0.fields.2.label``).
    """
    try:
        if isinstance(data, str | bytes):
            return Procedure.model_validate_json(data)
        return Procedure.model_validate(data)
    except ValidationError as problem:
        found = [(_place(error["loc"]), error["msg"]) for error in problem.errors()]
        reason = "\n".join(f"{place}: {message}" if place else message for place, message in found)
        raise BadInput(reason, where=found[0][0]) from problem


def as_json(definition: Procedure) -> str:
    """Indented JSON for people; reading it gives the same definition."""
    return definition.model_dump_json(indent=2, exclude_unset=True) + "\n"


def json_schema() -> dict[str, Any]:
    """The published JSON Schema (2020-12)."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **Procedure.model_json_schema(),
    }


def is_open(opening: OpeningPeriod, today: date) -> bool:
    """Whether the procedure can be used today, a date of the town's."""
    first, last = day_of(opening.first_day, today), day_of(opening.last_day, today)
    if (first and today < first) or (last and today > last):
        return False
    start, end, now = opening.season_start, opening.season_end, today.strftime("%m-%d")
    if not start or not end:
        return True
    return start <= now <= end if start <= end else now >= start or now <= end


def closes_on(opening: OpeningPeriod, today: date) -> date | None:
    """The last day of what is open today; None for what does not close, or is closed."""
    if not is_open(opening, today):
        return None
    last = day_of(opening.last_day, today) if "today" not in opening.last_day else None
    if not (opening.season_start and opening.season_end):
        return last
    month, day = map(int, opening.season_end.split("-"))
    year = today.year + (opening.season_end < today.strftime("%m-%d"))
    # The last of February is also meant in a year whose February is shorter.
    end = date(year, month, min(day, monthrange(year, month)[1]))
    return min(end, last) if last else end


def _place(location: tuple[int | str, ...]) -> str:
    """Without the names of the alternatives, which pydantic puts in (``fields.0.text.label``)."""
    return ".".join(str(part) for part in location if part not in KINDS)
