"""Letters to print: those that wait, and the batches in which others were printed."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of
from agent_api.letters import LettersPage
from cases import check_counter
from notify import (
    Letter,
    letters_of_batch,
    letters_pdf,
    list_batches,
    print_letters,
    read_letter,
    waiting_letters,
)

routes = APIRouter(prefix="/agent/letters")


@routes.get("")
async def letters(
    request: Request,
    context: In,
    agent: DeskAgent,
    made: UUID | None = None,
    empty: bool = False,
) -> Response:
    check_counter(agent)
    async with context.database.read() as session:
        page = LettersPage(
            desk=await desk_of(request, context, agent, session),
            waiting=await waiting_letters(session, agent),
            batches=await list_batches(session, agent),
            made=made,
            is_empty=empty,
        )
    return context.pages.render(request, "desk/letters.html", page)


@routes.post("", dependencies=[Depends(own_signed_form)])
async def print_all(context: In, agent: DeskAgent) -> Response:
    """All that wait become a batch; the page that follows hands it out."""
    check_counter(agent)
    async with context.database.begin() as session:
        batch_id = await print_letters(session, context.clock, agent)
        if batch_id is not None:
            letters = await letters_of_batch(session, agent, batch_id)
            trail.letters_printed(session, context, agent, batch_id, letters)
    return RedirectResponse(f"/agent/letters?{f'made={batch_id}' if batch_id else 'empty=1'}", 303)


@routes.get("/batches/{batch_id}")
async def batch(context: In, agent: DeskAgent, batch_id: UUID) -> Response:
    """The letters of a batch, as often as the printer jams."""
    check_counter(agent)
    async with context.database.read() as session:
        letters = await letters_of_batch(session, agent, batch_id)
    async with context.database.begin() as session:
        trail.batch_taken_out(session, context, agent, batch_id)
    return await _pdf(context, letters, f'attachment; filename="letters-{batch_id.hex[:12]}.pdf"')


@routes.get("/{letter_id}")
async def look(context: In, agent: DeskAgent, letter_id: UUID) -> Response:
    """One letter as it will be printed, to be looked at; it goes on waiting."""
    check_counter(agent)
    async with context.database.read() as session:
        letter = await read_letter(session, agent, letter_id)
    return await _pdf(context, [letter], f'inline; filename="{letter.reference}.pdf"')


async def _pdf(context: Context, letters: Sequence[Letter], disposition: str) -> Response:
    content = await asyncio.to_thread(letters_pdf, letters, context.letterhead)
    headers = {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
