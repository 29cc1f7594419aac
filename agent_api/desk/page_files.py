"""Pictures of pages and searchable PDFs, made in processes beside: what strangers sent is drawn
where a fault of a library harms nothing but itself."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

import structlog
from fastapi import APIRouter, Header
from starlette.requests import Request
from starlette.responses import Response

from agent_api import trail
from agent_api.asking import DeskAgent
from agent_api.context import Context, In
from agent_api.desk.frame import speech
from agent_api.desk.viewer import open_document, viewer_page
from cases import document_for
from core.errors import BadInput, NotThere
from core.i18n import N_
from core.processes import WorkerDied
from core.web.files import file_response, has_picture, not_modified, picture_response
from ingest.models import PageRow
from ocr import MEDIA_TYPE, Source, Word, page_image, searchable_pdf

PATIENCE = 60.0  # seconds for one picture, with the start of a process and those before it
PATIENCE_FOR_ALL = 300.0  # seconds for a whole document
NOT_MADE = N_("This PDF cannot be made: a page is broken. Download the original.")

log = structlog.get_logger()
routes = APIRouter(prefix="/agent/cases/{reference}/documents/{document_id}")


@routes.get("/pages/{page_id}/image")
async def image(
    context: In,
    agent: DeskAgent,
    reference: str,
    document_id: UUID,
    page_id: UUID,
    width: Literal["200", "900", "1600"] = "900",
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    """A page upright; it changes only with its rotation or its file."""
    async with AsyncExitStack() as files:
        async with context.database.read() as session:
            document = await document_for(session, agent, reference, document_id)
            page = await session.get(PageRow, page_id)
            if page is None or page.document_id != document.id:
                raise NotThere("no such page")
            tag = f"{page.sha256[:16]}-{page.number}-{page.rotation}-{width}"
            if has_picture(if_none_match, tag):
                return not_modified(tag)
            path = await files.enter_async_context(context.blobs.file(session, page.sha256))
        drawn = await _image(context, path, page, int(width))
    return picture_response(drawn, MEDIA_TYPE, tag)


@routes.get("/searchable.pdf")
async def searchable(
    request: Request, context: In, agent: DeskAgent, reference: str, document_id: UUID
) -> Response:
    """The pages as they stand, with the words that were read behind them."""
    async with AsyncExitStack() as files:
        async with context.database.read() as session:
            opened = await open_document(session, agent, reference, document_id, with_words=True)
            if not opened.kept:
                raise NotThere("the document has no pages")
            names = {page.sha256 for page in opened.kept}
            paths = {
                sha256: await files.enter_async_context(context.blobs.file(session, sha256))
                for sha256 in names
            }
        made = await _searchable(context, paths, opened.kept, opened.document.name)
    if made is None:
        error = speech(request, context)(NOT_MADE)
        async with context.database.read() as session:
            shown = await viewer_page(
                request, context, agent, session, reference, document_id, error=error
            )
        return context.pages.render(request, "desk/viewer.html", shown, status=409)
    async with context.database.begin() as session:
        trail.document_read(session, context, agent, opened.case.reference, opened.document)
    stem = Path(opened.document.name).stem or "document"
    return file_response(f"{stem}-{opened.case.reference}.pdf", "application/pdf", made)


async def _image(context: Context, path: Path, page: PageRow, width: int) -> bytes:
    try:
        async with asyncio.timeout(PATIENCE):
            return await context.viewers.run(
                page_image, path, page.number, page.rotation, width, context.limits
            )
    except (BadInput, WorkerDied, TimeoutError) as problem:
        _failed(context, problem, page=str(page.id))
        raise NotThere("this page cannot be shown") from problem


async def _searchable(
    context: Context, paths: dict[str, Path], pages: Sequence[PageRow], title: str
) -> bytes | None:
    """None when a page is so broken that nothing can be made of them."""
    sources = [_source(paths[page.sha256], page) for page in pages]
    try:
        async with asyncio.timeout(PATIENCE_FOR_ALL):
            return await context.viewers.run(searchable_pdf, sources, title, context.limits)
    except (BadInput, WorkerDied, TimeoutError) as problem:
        _failed(context, problem, pages=len(pages))
        return None


def _failed(context: Context, problem: Exception, **what: object) -> None:
    if isinstance(problem, TimeoutError):
        context.viewers.restart()  # a process is still at it
    log.warning("page.not_shown", error=repr(problem), **what)


def _source(path: Path, page: PageRow) -> Source:
    # A page with a text layer brings its words along.
    words = [Word(*word) for word in page.words] if page.source == "ocr" else []
    return Source(path, page.number, page.rotation, words)
