"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import (
    callbacks,
    calls,
    case_actions,
    cases,
    counter,
    deposits,
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
    proposals,
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
    deposits,
    proposals,
    case_actions,
    letters,
    quarantine,
    outbox,
    telephone,
    procedures,
    procedure_parts,
    procedure_editor,
):
    routes.include_router(part.routes)

__all__ = ["routes"]
