"""The pages of the agents' desk: plain forms and links, livelier where JavaScript runs."""

from fastapi import APIRouter

from agent_api.desk import case_actions, cases, events, inbox, login, outbox, quarantine

routes = APIRouter(include_in_schema=False)
for part in (login, inbox, events, cases, case_actions, quarantine, outbox):
    routes.include_router(part.routes)

__all__ = ["routes"]
