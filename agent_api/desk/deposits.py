"""Sending a document into the citizen's wallet, from the page of its case."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Form, UploadFile
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.case_page import page_of
from agent_api.desk.frame import speech
from agent_api.moments import read_date
from agent_api.views import Draft
from cases import Agent, CaseEventRow, case_for, document_for
from cases.changes import case_at, record_change
from core.errors import BadInput, NotNow, NotThere
from core.i18n import N_
from core.ids import derived_id
from core.text import clean_line, file_name

MAX_NAME = 150  # characters
NO_FILE = N_("Choose a file first.")
NO_WALLET = N_("This citizen has no wallet.")

routes = APIRouter(prefix="/agent/cases/{reference}/deposits")


@routes.post("", dependencies=[Depends(own_signed_form)])
async def deposit(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    file: Annotated[UploadFile | None, File()] = None,
    document: Annotated[str, Form(max_length=64)] = "",
    name: Annotated[str, Form(max_length=MAX_NAME)] = "",
    expires_on: Annotated[str, Form(max_length=32)] = "",
) -> Response:
    """A file of the agent's, or one of the case's documents."""
    try:
        given, content = await _content(context, agent, reference, file, document)
        await _deposit(context, agent, reference, clean_line(name) or given, content, expires_on)
    except BadInput as problem:
        error = speech(request, context)(problem.reason)
        async with context.database.read() as session:
            draft = Draft(action="deposits", text=name, error=error)
            page = await page_of(request, context, agent, session, reference, draft)
        return context.pages.render(request, "desk/case.html", page, status=422)
    return RedirectResponse(f"/agent/cases/{reference}?done=deposited", 303)


async def _content(
    context: Context, agent: Agent, reference: str, file: UploadFile | None, document: str
) -> tuple[str, bytes]:
    if file is not None and file.filename:
        return file_name(clean_line(file.filename), "document"), await file.read()
    if not document:
        raise BadInput(NO_FILE, where="file")
    async with context.database.read() as session:
        row = await document_for(session, agent, reference, _id(document))
        return row.name, await context.blobs.read(session, row.sha256)


def _id(text: str) -> UUID:
    """Raises NotThere when it is none, as for one that is not there."""
    try:
        return UUID(text)
    except ValueError as problem:
        raise NotThere("no such document") from problem


async def _deposit(
    context: Context, agent: Agent, reference: str, name: str, content: bytes, expires_on: str
) -> None:
    """Into the wallet first: what the case says must be true. Sent twice it is one document."""
    expires = read_date(expires_on)
    async with context.database.read() as session:
        case = await case_for(session, agent, reference)
        owner = await context.wallets.owner_of(session, case)
    if owner is None:
        raise NotNow(NO_WALLET)
    if not content:
        raise BadInput(NO_FILE, where="file")
    item_id = derived_id(case.id, f"deposit:{owner}:{name}:{hashlib.sha256(content).hexdigest()}")
    await context.wallets.put(owner, item_id, name, content, expires)
    async with context.database.begin() as session:
        case = await case_at(session, agent, reference, None)
        told = select(CaseEventRow.data).where(
            CaseEventRow.case_id == case.id, CaseEventRow.kind == "document_deposited"
        )
        if any(data.get("item") == str(item_id) for data in await session.scalars(told)):
            return
        await record_change(
            session,
            context.clock,
            agent,
            case,
            "document_deposited",
            data={"item": str(item_id), "name": name},
            changes=False,
        )
        await context.wallets.tell(session, owner, item_id, name)
