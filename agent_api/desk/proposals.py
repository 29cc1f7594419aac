"""Deciding on the changes that a citizen proposes to their form, from the page of its case."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import In
from agent_api.desk.case_page import page_of
from agent_api.desk.frame import speech
from agent_api.views import Draft
from cases.procedures import decide
from core.errors import BadInput

routes = APIRouter(prefix="/agent/cases/{reference}/proposals")


@routes.post("/{proposal_id}", dependencies=[Depends(own_signed_form)])
async def decided(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    proposal_id: UUID,
    decision: Annotated[Literal["accepted", "refused"], Form()],
    text: Annotated[str, Form(max_length=10_000)] = "",
) -> Response:
    """What else has happened to the case meanwhile does not matter: a proposal is decided once."""
    try:
        async with context.database.begin() as session:
            await decide(
                session,
                context.clock,
                agent,
                reference,
                None,
                proposal_id,
                accept=decision == "accepted",
                text=text,
            )
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        async with context.database.read() as session:
            draft = Draft(action="proposals", text=text, error=error)
            page = await page_of(request, context, agent, session, reference, draft)
        return context.pages.render(request, "desk/case.html", page, status=422)
    return RedirectResponse(f"/agent/cases/{reference}?done={decision}", 303)
