"""Procedures: services that the town offers online, defined by forms without code."""

from cases.procedures.definition import (
    Procedure,
    as_json,
    is_open,
    json_schema,
    read_definition,
)
from cases.procedures.drafts import (
    FormDraft,
    begin_draft,
    discard_draft,
    drafts_of_citizen,
    is_taken,
    mark_sent,
    read_draft,
    save_draft,
    sweep_drafts,
)
from cases.procedures.eligibility import Leave, leave_for
from cases.procedures.examples import example_procedures
from cases.procedures.filed import Filed, filed_forms
from cases.procedures.form import (
    CITIZEN,
    Form,
    ShownPage,
    Surroundings,
    compute,
    fill_in,
    prefill,
    validate,
    visible,
)
from cases.procedures.mistakes import Mistake
from cases.procedures.store import (
    Published,
    add_procedure,
    edit,
    list_procedures,
    procedure_for,
    publish_procedure,
    published_procedure,
    published_procedures,
    version_of,
)
from cases.procedures.summary import Line, Section, as_text, summary
from cases.procedures.texts import say
from cases.procedures.uploading import add_file, contents_of, remove_file

__all__ = [
    "CITIZEN",
    "Filed",
    "Form",
    "FormDraft",
    "Leave",
    "Line",
    "Mistake",
    "Procedure",
    "Published",
    "Section",
    "ShownPage",
    "Surroundings",
    "add_file",
    "add_procedure",
    "as_json",
    "as_text",
    "begin_draft",
    "compute",
    "contents_of",
    "discard_draft",
    "drafts_of_citizen",
    "edit",
    "example_procedures",
    "filed_forms",
    "fill_in",
    "is_open",
    "is_taken",
    "json_schema",
    "leave_for",
    "list_procedures",
    "mark_sent",
    "prefill",
    "procedure_for",
    "publish_procedure",
    "published_procedure",
    "published_procedures",
    "read_definition",
    "read_draft",
    "remove_file",
    "save_draft",
    "say",
    "summary",
    "sweep_drafts",
    "validate",
    "version_of",
    "visible",
]
