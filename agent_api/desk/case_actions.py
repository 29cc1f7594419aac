"""What agents do to a case from its page; who comes second is told what the first one did."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.acting import act
from agent_api.answering import Answer, answer
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.case_page import page_of, read
from agent_api.desk.frame import desk_of, speech
from agent_api.views import Action, ConflictPage, Draft
from cases import Agent
from cases.access import sees_queue
from core.errors import BadInput, Conflict, NotThere

routes = APIRouter(prefix="/agent/cases/{reference}", dependencies=[Depends(own_signed_form)])


@routes.post("/{action}")
async def carry_out(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    action: Action,
    version: Annotated[int, Form()],
    sequence: Annotated[int, Form()] = 0,
    text: Annotated[str, Form()] = "",
    queue: Annotated[str, Form()] = "",
    fulfilled: Annotated[bool, Form()] = True,
    given: Annotated[Answer | None, Depends(answer)] = None,
) -> Response:
    # A note disturbs nobody: it is written down whatever has happened meanwhile.
    seen = None if action == "notes" else version
    try:
        async with context.database.begin() as session:
            case = await act(
                session,
                context,
                agent,
                reference,
                action,
                seen,
                text=text,
                queue=queue,
                answer=given,
                fulfilled=fulfilled,
            )
    except Conflict:
        draft = Draft(action=action, text=text, answer=given or Answer(), fulfilled=fulfilled)
        return await _second(request, context, agent, reference, action, sequence, queue, draft)
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        draft = Draft(
            action=action, text=text, error=error, answer=given or Answer(), fulfilled=fulfilled
        )
        return await _again(request, context, agent, reference, draft)
    # Who hands a case on may not see it any more.
    page = f"/agent/cases/{case.reference}" if sees_queue(agent, case.queue_id) else "/agent/"
    way = given.way if given and action == "replies" else None
    done = way if way in ("letter", "callback") else action
    return RedirectResponse(f"{page}?done={done}", 303)


async def _again(
    request: Request, context: Context, agent: Agent, reference: str, draft: Draft
) -> Response:
    """The page with what was typed, and what is wrong with it."""
    async with context.database.read() as session:
        page = await page_of(request, context, agent, session, reference, draft)
    return context.pages.render(request, "desk/case.html", page, status=422)


async def _second(
    request: Request,
    context: Context,
    agent: Agent,
    reference: str,
    action: Action,
    sequence: int,
    queue: str,
    draft: Draft,
) -> Response:
    """Nothing was done: show what has happened meanwhile, with the text to send once more."""
    async with context.database.read() as session:
        try:
            shown = await read(session, agent, reference, after=sequence)
        except NotThere:
            # It was moved out of sight; the inbox says so by no longer having it.
            return RedirectResponse("/agent/", 303)
        page = ConflictPage(
            desk=await desk_of(request, context, agent, session),
            reference=reference,
            subject=shown.record.case.subject,
            action=action,
            text=draft.text,
            queue=queue,
            queue_name=shown.queues.get(queue, queue),
            answer=draft.answer,
            fulfilled=draft.fulfilled,
            version=shown.record.case.version,
            sequence=shown.record.case.event_count,
            changes=shown.entries,
        )
    return context.pages.render(request, "desk/conflict.html", page, status=409)
