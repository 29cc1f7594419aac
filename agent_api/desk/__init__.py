"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import (
    calls,
    case_actions,
    cases,
    events,
    inbox,
    login,
    me,
    outbox,
    page_actions,
    page_files,
    quarantine,
    scans,
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
    viewer,
    page_actions,
    page_files,
    cases,
    case_actions,
    quarantine,
    outbox,
):
    routes.include_router(part.routes)

__all__ = ["routes"]
