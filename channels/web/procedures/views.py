"""What the pages of the procedures show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cases.procedures import Section
from channels.web.procedures.controls import Control
from channels.web.procedures.places import Places
from core.web import FieldError


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    slug: str
    title: str
    summary: str
    category: str
    minutes: int
    answer: str
    """As of :class:`cases.procedures.Leave`."""
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueGroup:
    code: str
    label: str
    items: Sequence[CatalogueItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePage:
    """``portal/procedures/catalogue.html``: GET ``/procedures?q=&category=``"""

    query: str
    category: str
    categories: Sequence[tuple[str, str]]
    """Code and label of all that there are."""
    groups: Sequence[CatalogueGroup]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartPage:
    """``portal/procedures/start.html``: POST ``/procedures/<slug>`` begins a draft."""

    item: CatalogueItem
    introduction: Sequence[str]
    """Paragraphs."""
    documents: Sequence[str]
    steps: Sequence[str]
    anonymous: str
    draft_days: int
    confirmation: str
    brought: Sequence[tuple[str, str, str]] = ()
    """What the link that led here fills in: name, label and words of each."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """The same, as the form sends it."""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    title: str
    state: str
    """``done``, ``now`` or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The draft, for the box that says that it is safe."""

    reference: str
    key: str
    resume_url: str
    saved_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """``portal/procedures/page.html``.

    Its form posts ``csrf``, ``shown`` (the names of its fields), the fields, and ``action``:
    ``next``, ``back``, ``leave``, ``refresh``, ``more:<table>``, ``less:<table>:<row>`` or
    ``remove:<file>``.
    """

    title: str
    base: str
    page: str
    heading: str
    help: str
    steps: Sequence[Step]
    controls: Sequence[Control]
    places: Places
    errors: Sequence[FieldError]
    notice: str = ""
    kept: Kept
    is_first: bool
    is_last: bool

    @property
    def shown(self) -> str:
        return ",".join(control.name for control in self.controls)

    @property
    def number(self) -> int:
        return next((n for n, step in enumerate(self.steps, 1) if step.state == "now"), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage:
    """``portal/procedures/summary.html``: POST sends it."""

    title: str
    base: str
    steps: Sequence[Step]
    sections: Sequence[Section]
    errors: Sequence[FieldError]
    """Their ``field`` is the address of the page where each is put right."""
    notice: str = ""
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavePage:
    """``portal/procedures/left.html``: how to go on later."""

    title: str
    base: str
    page: str
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumePage:
    """``portal/procedures/resume.html``: the form of ``reference`` and ``tracking_key``."""

    reference: str = ""
    tracking_key: str = ""
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DonePage:
    """``portal/procedures/done.html``"""

    title: str
    reference: str
    key: str
    email: str
    confirmation: Sequence[str]
    qr_size: int
    qr_path: str
    """Of an SVG of that width: what it says is where the case is tracked."""
