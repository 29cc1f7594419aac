"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent_api.asking import DeskAgent
from agent_api.context import Context, In
from cases import Agent
from cases.access import writes_entries
from ingest.events import CallChanged

PING = 15  # seconds: shorter than proxies are patient

SHOWN = {"reference", "sequence", "change", "call_id", "state", "campaign_id"}
"""What a page is told of a change; it fetches the rest, as far as its agent may see it."""

routes = APIRouter(prefix="/agent")


@routes.get("/events")
async def events(
    context: In, agent: DeskAgent, campaign: UUID | None = None
) -> EventSourceResponse:
    """``campaign`` is the one that the page shows."""
    shown = campaign if writes_entries(agent) else None
    return EventSourceResponse(
        _changes(context, agent, shown), ping=PING, headers={"Cache-Control": "no-store"}
    )


async def _changes(
    context: Context, agent: Agent, campaign: UUID | None
) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="connected")
    async for change in context.live.changes(agent, campaign):
        shown = change.model_dump(mode="json", include=SHOWN)
        if isinstance(change, CallChanged):
            shown["mine"] = agent.id in change.agent_ids
        yield ServerSentEvent(event=change.stream, data=json.dumps(shown))
