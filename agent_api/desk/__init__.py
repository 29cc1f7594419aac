"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import (
    callbacks,
    calls,
    case_actions,
    cases,
    counter,
    entry_editor,
    entry_list,
    entry_preview,
    events,
    inbox,
    letters,
    login,
    me,
    outbox,
    outside_feeds,
    page_actions,
    page_files,
    procedure_editor,
    procedure_parts,
    procedure_versions,
    procedures,
    proposals,
    quarantine,
    scans,
    telephone,
    topics,
    viewer,
)

routes = APIRouter(include_in_schema=False)
for part in (
    login,
    inbox,
    events,
    calls,
    me,
    scans,
    counter,
    viewer,
    page_actions,
    page_files,
    cases,
    callbacks,
    proposals,
    case_actions,
    letters,
    quarantine,
    outbox,
    telephone,
    procedures,
    procedure_parts,
    procedure_versions,
    procedure_editor,
    entry_list,
    entry_editor,
    entry_preview,
    topics,
    outside_feeds,
):
    routes.include_router(part.routes)

__all__ = ["routes"]
