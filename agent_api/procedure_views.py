"""What the pages show on which procedures are edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agent_api.properties import Property
from agent_api.views import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureLine:
    slug: str
    title: str
    category: str
    published: int
    enabled: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProceduresPage:
    """``desk/procedures.html``: a POST begins a procedure; one to ``…/import`` takes a file."""

    desk: Desk
    procedures: Sequence[ProcedureLine]
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    place: str
    """The name of a field or page; may be empty."""
    is_page: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorPage:
    """``desk/procedure.html``. Every form posts ``csrf`` and ``revision``."""

    desk: Desk
    line: ProcedureLine
    revision: int
    working: Mapping[str, Any]
    problems: Sequence[Problem]
    queues: Sequence[tuple[str, str]]
    kinds: Mapping[str, str]
    """Message ids by kind."""
    locale: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertiesPage:
    """``desk/procedure_properties.html``: one field, or one page of the form."""

    desk: Desk
    slug: str
    title: str
    kind: str
    """Of a field; empty for a page."""
    kind_label: str
    name: str
    revision: int
    properties: Sequence[Property]
    known: Sequence[str]
    """Names of the fields that expressions can speak of."""
    problems: Sequence[Problem] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPage:
    """``desk/procedure_json.html``"""

    desk: Desk
    slug: str
    title: str
    revision: int
    text: str
    errors: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """``desk/procedure_preview.html``; ``pages`` come from the portal itself."""

    desk: Desk
    slug: str
    title: str
    pages: Sequence[Any]
