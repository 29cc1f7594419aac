"""The unified inbox: the cases of the agent's queues, whatever way they came."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent
from agent_api.context import In
from agent_api.desk.frame import desk_of
from agent_api.views import InboxPage
from cases import Filter, count_queues, list_cases

routes = APIRouter()


@routes.get("/agent")
async def without_slash() -> Response:
    return RedirectResponse("/agent/", 308)


@routes.get("/agent/")
async def inbox(
    request: Request,
    context: In,
    agent: DeskAgent,
    q: str = "",
    queue: str = "",
    channel: str = "",
    status: str = "",
    cursor: str = "",
) -> Response:
    chosen = Filter(q=q, queue=queue, channel=channel, status=status)
    async with context.database.read() as session:
        page = InboxPage(
            desk=await desk_of(request, context, agent, session),
            filter=chosen,
            queues=await count_queues(session, agent),
            page=await list_cases(session, agent, chosen, cursor=cursor),
            cursor=cursor,
        )
    return context.pages.render(request, "desk/inbox.html", page)
