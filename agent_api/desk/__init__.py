"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import (
    audit_trail,
    callbacks,
    calls,
    case_actions,
    cases,
    consents,
    counter,
    events,
    inbox,
    letters,
    login,
    me,
    outbox,
    page_actions,
    page_files,
    procedure_editor,
    procedure_parts,
    procedures,
    quarantine,
    scans,
    telephone,
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
    consents,
    case_actions,
    letters,
    quarantine,
    outbox,
    telephone,
    audit_trail,
    procedures,
    procedure_parts,
    procedure_editor,
):
    routes.include_router(part.routes)

__all__ = ["routes"]
