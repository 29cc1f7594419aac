"""Scanned letters are put in from the desk; each file is safe before the page says so."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.views import ScansPage
from cases import Agent, check_handing_in, list_queues
from core.i18n import N_
from core.settings import Split

EMPTY = N_("%(name)s is empty.")
UNKNOWN = N_("%(name)s is neither a PDF nor an image (TIFF, JPEG, PNG, HEIC).")
NONE = N_("Choose a file first.")

routes = APIRouter(prefix="/agent/scans")


@routes.get("")
async def scans(request: Request, context: In, agent: DeskAgent) -> Response:
    check_handing_in(agent)
    return await _page(request, context, agent)


@routes.post("", dependencies=[Depends(own_signed_form)])
async def take(
    request: Request,
    context: In,
    agent: DeskAgent,
    files: Annotated[list[UploadFile] | None, File()] = None,
    queue: Annotated[str, Form(max_length=64)] = "",
    split: Annotated[Split, Form()] = "separators",
) -> Response:
    check_handing_in(agent)
    say = speech(request, context)
    accepted, errors = [], []
    for file in files or []:
        content, name = await file.read(), file.filename or ""
        problem = EMPTY if not content else UNKNOWN if context.scans.problem(content) else ""
        if problem:
            errors.append(say(problem) % {"name": name or "?"})
            continue
        arrival = context.scans.arrival(content, name, queue=queue, split=split, by=agent.name)
        await context.accept(arrival)
        accepted.append(name)
    if not accepted and not errors:
        errors.append(say(NONE))
    status = 422 if errors else 200
    return await _page(request, context, agent, accepted, errors, status=status)


async def _page(
    request: Request,
    context: Context,
    agent: Agent,
    accepted: list[str] | None = None,
    errors: list[str] | None = None,
    *,
    status: int = 200,
) -> Response:
    async with context.database.read() as session:
        page = ScansPage(
            desk=await desk_of(request, context, agent, session),
            queues=list(await list_queues(session)),
            most=context.settings.max_upload,
            accepted=accepted or (),
            errors=errors or (),
        )
    return context.pages.render(request, "desk/scans.html", page, status=status)
