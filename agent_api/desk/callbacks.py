"""What came of a call-back, from the page of its case."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import In
from agent_api.desk.case_page import page_of
from agent_api.desk.frame import speech
from agent_api.moments import read_moment
from agent_api.views import Draft
from cases import Callbacks
from cases.callbacks import Outcome
from core.errors import BadInput

routes = APIRouter(prefix="/agent/cases/{reference}/callbacks")


@routes.post("/{callback_id}", dependencies=[Depends(own_signed_form)])
async def called(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    callback_id: UUID,
    outcome: Annotated[Outcome, Form()],
    text: Annotated[str, Form(max_length=10_000)] = "",
    due: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    try:
        when = read_moment(due, context.letterhead.zone) if outcome == "again" else None
        async with context.database.begin() as session:
            callbacks = Callbacks(session, context.clock, agent)
            case = await callbacks.called(reference, callback_id, outcome, text, when)
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        async with context.database.read() as session:
            draft = Draft(action="callbacks", text=text, error=error)
            page = await page_of(request, context, agent, session, reference, draft)
        return context.pages.render(request, "desk/case.html", page, status=422)
    return RedirectResponse(f"/agent/cases/{case.reference}?done=called", 303)
