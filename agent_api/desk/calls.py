"""Telephone calls: what goes on now, what was of late, and one call with its forms."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.call_pages import CallPage, CallsPage, CardsPart
from agent_api.call_views import CallDraft
from agent_api.context import Context, In
from agent_api.desk.call_cards import CLOSED, cards_of, closed_card, with_citizens
from agent_api.desk.frame import desk_of, speech
from agent_api.filing import Asked, open_for_call
from cases import Agent, CaseRow, list_queues
from cases.access import sees_queue
from cases.calling import link_call, list_calls, read_call
from core.errors import BadInput, NotThere
from core.i18n import N_
from core.references import parse_reference

CLOSED_LIFE = 600  # seconds, longer than the card of an ended call is shown
NO_CASE = N_("There is no such case, or none that you may see.")

routes = APIRouter(prefix="/agent/calls")


@routes.get("")
async def calls(request: Request, context: In, agent: DeskAgent) -> Response:
    async with context.database.read() as session:
        items = await list_calls(session, agent, context.clock)
        page = CallsPage(
            desk=await desk_of(request, context, agent, session),
            calls=await with_citizens(session, agent, items),
            has_extension=bool(agent.extension),
        )
    return context.pages.render(request, "desk/calls.html", page)


@routes.get("/card")
async def card(request: Request, context: In, agent: DeskAgent) -> Response:
    """For the page that has heard of a call."""
    return await _cards(request, context, agent, closed_card(request))


@routes.post("/{call_id}/close", dependencies=[Depends(own_signed_form)])
async def close(
    request: Request,
    context: In,
    agent: DeskAgent,
    call_id: UUID,
    back: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Take the card of a call that has ended off the pages of this browser; the call stays in the
    list."""
    answer: Response
    if request.headers.get("hx-request"):
        answer = await _cards(request, context, agent, str(call_id))
    else:
        answer = RedirectResponse(back if back.startswith("/agent/") else "/agent/", 303)
    answer.set_cookie(
        CLOSED,
        str(call_id),
        max_age=CLOSED_LIFE,
        path="/agent",
        secure=context.settings.https_only,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _cards(request: Request, context: Context, agent: Agent, closed: str) -> Response:
    async with context.database.read() as session:
        page = request.headers.get("hx-current-url", "")
        part = CardsPart(calls=await cards_of(session, context, agent, page, closed))
    return context.pages.render(request, "desk/call_cards.html", part)


@routes.get("/{call_id}")
async def call(request: Request, context: In, agent: DeskAgent, call_id: UUID) -> Response:
    return await _page(request, context, agent, call_id)


@routes.post("/{call_id}/cases", dependencies=[Depends(own_signed_form)])
async def open_case(
    request: Request,
    context: In,
    agent: DeskAgent,
    call_id: UUID,
    version: Annotated[int, Form()],
    subject: Annotated[str, Form()] = "",
    text: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    queue: Annotated[str, Form()] = "",
) -> Response:
    asked = Asked(subject=subject, text=text, queue=queue, name=name)
    try:
        async with context.database.begin() as session:
            case = await open_for_call(session, context, agent, call_id, version, asked)
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        draft = CallDraft(subject=subject, text=text, name=name, queue=queue, error=error)
        return await _page(request, context, agent, call_id, draft)
    return _to(agent, case)


@routes.post("/{call_id}/link", dependencies=[Depends(own_signed_form)])
async def link(
    request: Request,
    context: In,
    agent: DeskAgent,
    call_id: UUID,
    reference: Annotated[str, Form()] = "",
) -> Response:
    try:
        async with context.database.begin() as session:
            found = parse_reference(reference) or ""
            case = await link_call(session, context.clock, agent, call_id, found)
    except NotThere:
        draft = CallDraft(reference=reference, error=speech(request, context)(NO_CASE))
        return await _page(request, context, agent, call_id, draft)
    return _to(agent, case)


async def _page(
    request: Request, context: Context, agent: Agent, call_id: UUID, draft: CallDraft | None = None
) -> Response:
    """Raises NotThere; with a draft it tells what could not be done."""
    async with context.database.read() as session:
        page = await _call_page(request, context, agent, session, call_id, draft or CallDraft())
    return context.pages.render(request, "desk/call.html", page, status=422 if draft else 200)


async def _call_page(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    call_id: UUID,
    draft: CallDraft,
) -> CallPage:
    item = await read_call(session, agent, context.clock, call_id)
    (card,) = await with_citizens(session, agent, [item])
    return CallPage(
        desk=await desk_of(request, context, agent, session),
        call=card,
        queues=list(await list_queues(session)),
        draft=draft,
    )


def _to(agent: Agent, case: CaseRow) -> Response:
    """To the case, which who hands it on may not see any more."""
    page = f"/agent/cases/{case.reference}" if sees_queue(agent, case.queue_id) else "/agent/calls"
    return RedirectResponse(f"{page}?done=call", 303)
