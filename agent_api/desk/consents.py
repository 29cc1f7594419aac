"""What a citizen has agreed to, changed from the page of the case."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import In
from agent_api.desk.case_page import page_of
from agent_api.desk.frame import speech
from agent_api.views import Draft
from cases import change_consents
from core.errors import BadInput

routes = APIRouter(prefix="/agent/cases/{reference}/consents")


@routes.post("", dependencies=[Depends(own_signed_form)])
async def change(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    said_by: Annotated[str, Form(max_length=16)] = "",
    allow: Annotated[list[str] | None, Form()] = None,
) -> Response:
    try:
        async with context.database.begin() as session:
            case = await change_consents(
                session, context.clock, agent, reference, allow or (), said_by
            )
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        async with context.database.read() as session:
            draft = Draft(action="consents", text="", error=error)
            page = await page_of(request, context, agent, session, reference, draft)
        return context.pages.render(request, "desk/case.html", page, status=422)
    return RedirectResponse(f"/agent/cases/{case.reference}?done=consents", 303)
