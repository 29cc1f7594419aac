"""An agent's own settings: the telephone that they sit at."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.views import MePage
from cases import Agent
from cases.agents import set_extension
from core.errors import BadInput, Refused
from core.i18n import N_

TAKEN = N_("Another agent sits at this extension. Ask them to give it free, or an administrator.")

routes = APIRouter(prefix="/agent/me")


@routes.get("")
async def me(request: Request, context: In, agent: DeskAgent) -> Response:
    return await _page(request, context, agent, agent.extension)


@routes.post("/extension", dependencies=[Depends(own_signed_form)])
async def sit_at(
    request: Request, context: In, agent: DeskAgent, extension: Annotated[str, Form()] = ""
) -> Response:
    say = speech(request, context)
    try:
        async with context.database.begin() as session:
            await set_extension(session, agent.email, extension)
            told = {"extension": extension.strip()}
            trail.record(session, context, agent, "agent.extension_set", "agent", agent.email, told)
    except Refused:
        return await _page(request, context, agent, extension, say(TAKEN))
    except BadInput as problem:
        return await _page(request, context, agent, extension, say(problem.reason))
    return RedirectResponse("/agent/me?done=extension", 303)


async def _page(
    request: Request, context: Context, agent: Agent, extension: str, error: str = ""
) -> Response:
    async with context.database.read() as session:
        page = MePage(
            desk=await desk_of(request, context, agent, session),
            email=agent.email,
            roles=sorted(agent.roles),
            extension=extension,
            error=error,
        )
    return context.pages.render(request, "desk/me.html", page, status=422 if error else 200)
