"""One case: its page, its mails as they were laid out, its documents."""

import re
from html import unescape
from urllib.parse import unquote
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from agent_api import trail
from agent_api.asking import DeskAgent
from agent_api.context import In
from agent_api.desk.case_page import page_of
from cases import case_for, document_for, inline_documents, message_for
from core.errors import NotThere
from core.web import mail_frame
from core.web.files import file_response

_CID = re.compile(r'(?<=src=")cid:([^"]{1,998})(?=")')

routes = APIRouter(prefix="/agent/cases/{reference}")


@routes.get("")
async def case(request: Request, context: In, agent: DeskAgent, reference: str) -> Response:
    async with context.database.read() as session:
        page = await page_of(request, context, agent, session, reference)
    return context.pages.render(request, "desk/case.html", page)


@routes.get("/messages/{message_id}/html")
async def html(context: In, agent: DeskAgent, reference: str, message_id: UUID) -> Response:
    """For the frame: the sanitised HTML, its own images fetched from here."""
    async with context.database.read() as session:
        message = await message_for(session, agent, reference, message_id)
        images = await inline_documents(session, message.id)
    if not message.html:
        raise NotThere("this message has no HTML")

    def address(found: re.Match[str]) -> str:
        document_id = images.get(unquote(unescape(found[1])))
        return f"/agent/cases/{reference}/documents/{document_id}" if document_id else "data:,"

    shown = _CID.sub(address, message.html)
    return mail_frame(shown, context.pages.static, language=message.language)


@routes.get("/documents/{document_id}")
async def document(context: In, agent: DeskAgent, reference: str, document_id: UUID) -> Response:
    async with context.database.read() as session:
        case = await case_for(session, agent, reference)
        found = await document_for(session, agent, reference, document_id)
        content = await context.blobs.read(session, found.sha256)
    if not found.inline:
        async with context.database.begin() as session:
            trail.document_read(session, context, agent, case.reference, found)
    return file_response(found.name, found.media_type, content)
