"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import (
    case_actions,
    cases,
    events,
    inbox,
    login,
    outbox,
    page_actions,
    page_files,
    procedure_editor,
    procedure_parts,
    procedures,
    quarantine,
    scans,
    viewer,
)

routes = APIRouter(include_in_schema=False)
for part in (
    login,
    inbox,
    events,
    scans,
    viewer,
    page_actions,
    page_files,
    cases,
    case_actions,
    quarantine,
    outbox,
    procedures,
    procedure_parts,
    procedure_editor,
):
    routes.include_router(part.routes)

__all__ = ["routes"]
