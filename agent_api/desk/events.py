"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent

from agent_api.asking import DeskAgent
from agent_api.context import Context, In
from cases import Agent
from ingest.events import CallChanged

PING = 15  # seconds: shorter than proxies are patient

SHOWN = {"reference", "sequence", "change", "call_id", "state"}
"""What a page is told of a change; it fetches the rest, as far as its agent may see it."""

routes = APIRouter(prefix="/agent")


@routes.get("/events")
async def events(context: In, agent: DeskAgent) -> EventSourceResponse:
    return EventSourceResponse(
        _changes(context, agent), ping=PING, headers={"Cache-Control": "no-store"}
    )


async def _changes(context: Context, agent: Agent) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="connected")
    async for change in context.live.changes(agent):
        shown = change.model_dump(mode="json", include=SHOWN)
        if isinstance(change, CallChanged):
            shown["mine"] = agent.id in change.agent_ids
        yield ServerSentEvent(event=change.stream, data=json.dumps(shown))
