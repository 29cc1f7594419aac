"""What the pages show on which procedures are edited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agent_api.properties import Property, Wrong, wrong_with
from agent_api.views import Desk
from core.i18n import translator


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
    """As programs are told it."""
    called: str = ""
    """The field or page, in words."""
    part: str = ""
    """Which property of it, in words; may be empty."""
    words: str = ""
    """What is wrong and what to do, in the agent's language."""
    technical: str = ""
    section: str = ""
    """Of the editor's page, for what is about the procedure itself."""


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
    statuses: Sequence[str]
    roles: Sequence[str]
    untranslated: Sequence[tuple[str, str, str]]
    """Place as of problems, words, and the language that they lack."""
    page_names: Sequence[str]
    error: str = ""

    def wrong(self, name: str) -> Sequence[Wrong]:
        """With a property of the procedure itself."""
        reasons = [one.reason for one in self.problems if not one.place]
        return wrong_with(name, self.working.get(name), reasons, translator(self.locale))


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    number: int
    published_at: datetime
    published_by: str
    """May be empty: by the command line, or with the demo town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsPage:
    """``desk/procedure_versions.html``: each is exported, or made the working copy again."""

    desk: Desk
    slug: str
    title: str
    revision: int
    current: int
    versions: Sequence[VersionLine]


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
    table: str = ""
    """The table's name when this is one of its columns."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Of columns, when this is a table."""
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
