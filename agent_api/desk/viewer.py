"""The pages of a document: their pictures with what was searched for marked on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from starlette.requests import Request
from starlette.responses import Response

from agent_api import trail
from agent_api.asking import DeskAgent
from agent_api.context import Context, In
from agent_api.desk.entries import line_of, suggestions_of
from agent_api.desk.frame import desk_of
from agent_api.viewer import PageLine, Sheet, ViewerPage
from agent_api.viewing import Sought, doubtful
from cases import Agent, CaseRow, case_for, document_for
from cases.reading import documents_of_case
from ingest.models import DocumentRow, MessageRow, PageRow, Reading

MAX_QUERY = 200  # characters

routes = APIRouter(prefix="/agent/cases/{reference}/documents/{document_id}")


@dataclass(frozen=True, slots=True)
class Opened:
    """A document that the agent may see, with its pages."""

    case: CaseRow
    document: DocumentRow
    pages: Sequence[PageRow]
    """As they stand in it; behind them those that were taken out."""

    @property
    def kept(self) -> Sequence[PageRow]:
        return [page for page in self.pages if not page.removed]


@routes.get("/pages")
async def viewer(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    document_id: UUID,
    page: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Without ``page`` the first one with a hit."""
    async with context.database.read() as session:
        shown = await viewer_page(request, context, agent, session, reference, document_id, page)
        document = await document_for(session, agent, reference, document_id)
    number = shown.sheet.line.number if shown.sheet else 0
    async with context.database.begin() as session:
        trail.document_read(session, context, agent, shown.reference, document, page=number)
    return context.pages.render(request, "desk/viewer.html", shown)


@routes.get("/progress")
async def progress(
    request: Request, context: In, agent: DeskAgent, reference: str, document_id: UUID
) -> Response:
    """For the page that waits: how far it is; when all is read, that it looks anew."""
    async with context.database.read() as session:
        shown = await viewer_page(request, context, agent, session, reference, document_id)
    is_done = shown.document.reading != Reading.UNREAD
    headers = {"HX-Refresh": "true"} if is_done else {}
    return context.pages.render(request, "desk/progress.html", shown, headers=headers)


async def open_document(
    session: AsyncSession,
    agent: Agent,
    reference: str,
    document_id: UUID,
    *,
    with_words: bool = False,
) -> Opened:
    """Raises NotThere when the agent may not see it."""
    case = await case_for(session, agent, reference)
    document = await document_for(session, agent, reference, document_id)
    query = (
        select(PageRow)
        .where(PageRow.document_id == document.id)
        .order_by(PageRow.removed, PageRow.position, PageRow.id)
    )
    if with_words:
        query = query.options(undefer(PageRow.words))
    return Opened(case, document, (await session.scalars(query)).all())


async def viewer_page(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    reference: str,
    document_id: UUID,
    number: int = 0,
    error: str = "",
) -> ViewerPage:
    asked = request.query_params
    query = asked.get("q", "")[:MAX_QUERY]
    sought = Sought(query)
    opened = await open_document(session, agent, reference, document_id)
    message = await session.get_one(MessageRow, opened.document.message_id)
    documents, counts = await documents_of_case(session, opened.case.id)
    lines = [
        _line(page, place, sought.count(page.text)) for place, page in enumerate(opened.pages, 1)
    ]
    chosen = _chosen(lines, number)
    sheet = (
        await _sheet(session, opened.pages[chosen.number - 1], chosen, sought) if chosen else None
    )
    return ViewerPage(
        desk=await desk_of(request, context, agent, session),
        reference=opened.case.reference,
        subject=opened.case.subject,
        version=opened.case.version,
        sequence=opened.case.event_count,
        closed=opened.case.status == "closed",
        document=line_of(opened.document, counts),
        others=[
            line_of(one, counts)
            for one in documents
            if one.id in counts and one.id != opened.document.id
        ],
        pages=lines,
        sheet=sheet,
        suggestions=suggestions_of(message),
        query=query,
        show_doubtful=bool(asked.get("doubtful")),
        large=bool(asked.get("large")),
        error=error,
    )


def _line(page: PageRow, number: int, hits: int) -> PageLine:
    state = "removed" if page.removed else "blank" if page.blank else page.reading
    mark = f"{page.sha256[:8]}-{page.number}-{page.rotation}"
    return PageLine(id=page.id, number=number, state=state, print=mark, hits=hits)


def _chosen(lines: Sequence[PageLine], number: int) -> PageLine | None:
    """The page that is asked for; else the first with a hit, else the first."""
    if not lines:
        return None
    if number:
        return lines[min(number, len(lines)) - 1]
    return next((line for line in lines if line.hits and line.state != "removed"), lines[0])


async def _sheet(session: AsyncSession, page: PageRow, line: PageLine, sought: Sought) -> Sheet:
    words = await session.scalar(select(PageRow.words).where(PageRow.id == page.id)) or []
    return Sheet(
        line=line,
        source=page.source,
        confidence=page.confidence,
        text=sought.pieces(page.text),
        hits=sought.marks(words),
        doubtful=doubtful(words),
    )
