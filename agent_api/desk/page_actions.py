"""What agents do to the pages of a document, from the page that shows them."""

from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import speech
from agent_api.desk.viewer import open_document, viewer_page
from cases import Agent, Pages
from core.errors import BadInput, Conflict, NotThere
from core.i18n import N_
from core.processes import WorkerDied
from ocr import unlock

PageAction = Literal[
    "rotate_left",
    "rotate_right",
    "up",
    "down",
    "remove",
    "restore",
    "split",
    "merge",
    "move",
    "unlock",
    "read_again",
]
CHANGED = N_("The case was changed meanwhile. Look at it, and try again.")
NO_CASE = N_("There is no such case, or you may not see it.")

routes = APIRouter(
    prefix="/agent/cases/{reference}/documents/{document_id}/pages",
    dependencies=[Depends(own_signed_form)],
)


@routes.post("")
async def carry_out(
    request: Request,
    context: In,
    agent: DeskAgent,
    reference: str,
    document_id: UUID,
    action: Annotated[PageAction, Form()],
    version: Annotated[int, Form()],
    pages: Annotated[list[UUID] | None, Form()] = None,
    target: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=200)] = "",
    page: Annotated[int, Form()] = 1,
    q: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    asked = Asked(context, agent, reference, document_id, version)
    try:
        if action == "unlock":
            await asked.unlock(password)
        else:
            async with context.database.begin() as session:
                await asked.carry_out(session, action, pages or [], target)
    except Conflict:
        return await _again(request, asked, CHANGED, 409)
    except BadInput as problem:
        return await _again(request, asked, problem.reason, 422)
    except NotThere:
        if action != "move":
            raise
        return await _again(request, asked, NO_CASE, 422)
    here = f"/agent/cases/{reference}/documents/{document_id}/pages"
    return RedirectResponse(f"{here}?{urlencode({'page': page, 'q': q, 'done': 'pages'})}", 303)


class Asked:
    """Which document of which case, and by whom."""

    def __init__(
        self, context: Context, agent: Agent, reference: str, document_id: UUID, version: int
    ) -> None:
        self.context = context
        self.agent = agent
        self.reference = reference
        self.document_id = document_id
        self._version = version

    async def carry_out(
        self, session: AsyncSession, action: PageAction, chosen: list[UUID], target: str
    ) -> None:
        pages = self._pages(session)
        match action:
            case "rotate_left" | "rotate_right":
                await pages.turn(chosen, 270 if action == "rotate_left" else 90)
            case "up" | "down":
                await pages.shift(chosen, -1 if action == "up" else 1)
            case "remove" | "restore":
                await pages.remove(chosen, removed=action == "remove")
            case "split":
                await pages.split(chosen)
            case "merge":
                await pages.merge(_document_id(target))
            case "move":
                await pages.move(chosen, target)
            case _:
                await pages.read_again()

    async def unlock(self, password: str) -> None:
        """Open a locked PDF in a process beside; the file without its password is kept, too."""
        async with self.context.database.read() as session:
            opened = await open_document(session, self.agent, self.reference, self.document_id)
            async with self.context.blobs.file(session, opened.document.sha256) as path:
                try:
                    content = await self.context.viewers.run(unlock, path, password)
                except WorkerDied as problem:
                    raise BadInput(N_("The document could not be opened.")) from problem
        staged = await self.context.blobs.stage(content)
        async with self.context.database.begin() as session:
            await self._pages(session).unlock(self.context.blobs, staged)

    def _pages(self, session: AsyncSession) -> Pages:
        return Pages(
            session,
            self.context.clock,
            self.agent,
            self.reference,
            self._version,
            self.document_id,
        )


def _document_id(target: str) -> UUID:
    try:
        return UUID(target)
    except ValueError as problem:
        raise BadInput(N_("Choose another document to put the pages into.")) from problem


async def _again(request: Request, asked: Asked, reason: str, status: int) -> Response:
    """The pages as they are now, with what was wrong."""
    context = asked.context
    async with context.database.read() as session:
        shown = await viewer_page(
            request,
            context,
            asked.agent,
            session,
            asked.reference,
            asked.document_id,
            error=speech(request, context)(reason),
        )
    return context.pages.render(request, "desk/viewer.html", shown, status=status)
