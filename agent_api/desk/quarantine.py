"""What could not be handled, for an agent to look at, try again or file by hand."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.quarantine import QuarantineItemPage, QuarantineLine, QuarantinePage
from cases import Agent, check_quarantine
from core.errors import BadInput
from core.text import clean_line
from core.web.files import file_response
from ingest import quarantine
from ingest.quarantine import Item

MAX_SUBJECT = 200  # characters

routes = APIRouter(prefix="/agent/quarantine")


@routes.get("")
async def waiting(request: Request, context: In, agent: DeskAgent) -> Response:
    check_quarantine(agent)
    async with context.database.read() as session:
        page = QuarantinePage(
            desk=await desk_of(request, context, agent, session),
            items=[_line(item) for item in await quarantine.open_items(session)],
        )
    return context.pages.render(request, "desk/quarantine.html", page)


@routes.get("/{item_id}")
async def item(request: Request, context: In, agent: DeskAgent, item_id: UUID) -> Response:
    check_quarantine(agent)
    return await _page(request, context, agent, item_id)


@routes.get("/{item_id}/raw")
async def raw(context: In, agent: DeskAgent, item_id: UUID) -> Response:
    check_quarantine(agent)
    async with context.database.read() as session:
        name, media_type, content = await quarantine.raw_of(session, context.blobs, item_id)
    async with context.database.begin() as session:
        trail.quarantine_item(session, context, agent, "read", item_id)
    return file_response(name, media_type, content)


@routes.post("/{item_id}/retry", dependencies=[Depends(own_signed_form)])
async def retry(context: In, agent: DeskAgent, item_id: UUID) -> Response:
    check_quarantine(agent)
    async with context.database.begin() as session:
        await quarantine.retry(session, context.clock, item_id)
        trail.quarantine_item(session, context, agent, "retried", item_id)
    return RedirectResponse("/agent/quarantine?done=retry", 303)


@routes.post("/{item_id}/file", dependencies=[Depends(own_signed_form)])
async def file(
    request: Request,
    context: In,
    agent: DeskAgent,
    item_id: UUID,
    subject: Annotated[str, Form()] = "",
) -> Response:
    check_quarantine(agent)
    subject = clean_line(subject)[:MAX_SUBJECT]
    if not subject:
        _ = speech(request, context)
        problem = _("Give the case a subject.")
        return await _page(request, context, agent, item_id, problem)
    try:
        async with context.database.begin() as session:
            await quarantine.file_by_hand(
                session, context.blobs, context.clock, item_id, subject=subject
            )
            trail.quarantine_item(session, context, agent, "filed", item_id)
    except BadInput as refused:
        problem = speech(request, context)(refused.reason)
        return await _page(request, context, agent, item_id, problem)
    return RedirectResponse("/agent/quarantine?done=file", 303)


async def _page(
    request: Request, context: Context, agent: Agent, item_id: UUID, problem: str = ""
) -> Response:
    async with context.database.read() as session:
        found = await quarantine.open_item(session, item_id)
        event = json.dumps(json.loads(found.event), indent=2, ensure_ascii=False)
        page = QuarantineItemPage(
            desk=await desk_of(request, context, agent, session),
            item=_line(found),
            step=found.consumer,
            facts=[(name, _shown(value)) for name, value in sorted(found.facts.items())],
            error=found.error,
            event=event,
            has_raw=found.intake_id is not None,
            can_file=found.can_be_filed,
            problem=problem,
        )
    return context.pages.render(
        request, "desk/quarantine_item.html", page, status=422 if problem else 200
    )


def _line(item: Item) -> QuarantineLine:
    return QuarantineLine(
        id=item.id,
        channel=item.channel,
        sender=str(item.facts.get("mail_from") or item.facts.get("client_address") or ""),
        summary=_shown(item.facts.get("recipients") or ""),
        error=item.reason,
        attempts=item.attempts,
        quarantined_at=item.quarantined_at,
    )


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
