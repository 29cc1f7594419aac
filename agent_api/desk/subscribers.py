"""An earlier list of subscribers is put in at the desk, and taken over while its page tells how far
it has come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, File, UploadFile
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.views import Desk
from cases import Agent
from cases.access import check_setting_up_topics
from core.errors import BadInput, NotThere
from core.ids import new_id
from core.text import file_name
from core.web import FieldError
from feeds.subscriptions import SubscriberRow
from feeds.subscriptions.importing import NEEDED, Places, read_lines
from feeds.subscriptions.models import SubscriberImportRow
from feeds.subscriptions.taking_over import Report, take_over

SHOWN = 200  # bad lines that are kept for the page
RECENT = 20  # lists
SILENT = timedelta(minutes=1)
"""A list that has not come on for so long was interrupted."""

log = structlog.get_logger()
routes = APIRouter(prefix="/agent/subscribers")
RUNNING: set[asyncio.Task[None]] = set()
"""Lists that are being taken over by this process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribersPage:
    """``desk/subscribers.html``"""

    desk: Desk
    count: int
    """Of subscribers."""
    imports: Sequence[SubscriberImportRow]
    needed: Sequence[str] = NEEDED
    most: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """``desk/subscriber_import.html``"""

    desk: Desk
    row: SubscriberImportRow
    interrupted: bool


@routes.get("")
async def subscribers(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    return await _page(request, context, agent)


@routes.post("/imports", dependencies=[Depends(own_signed_form)])
async def begin(
    request: Request,
    context: In,
    agent: DeskAgent,
    file: Annotated[UploadFile | None, File(alias="list")] = None,
) -> Response:
    check_setting_up_topics(agent)
    say = speech(request, context)
    if file is None or not file.size:
        return await _page(request, context, agent, say("Choose a file first."))
    text = (await file.read()).decode("utf-8-sig", "replace")
    settings, clock = context.settings, context.clock
    async with context.database.read() as session:
        places = await Places.read(
            session, region=settings.country, language=settings.language, zone=settings.zone
        )
    try:
        next(read_lines(StringIO(text), places, clock()), None)
    except BadInput:
        missing = say("The first line must name the columns: %(names)s")
        return await _page(request, context, agent, missing % {"names": ", ".join(NEEDED)})
    row = SubscriberImportRow(
        id=new_id(),
        agent_id=agent.id,
        name=file_name(file.filename or "", "list.csv"),
        lines=max(0, text.count("\n") + (not text.endswith("\n")) - 1),
        problems=[],
        created_at=clock(),
        seen_at=clock(),
    )
    async with context.database.begin() as session:
        session.add(row)
        trail.record(session, context, agent, "subscribers.imported", "list", str(row.id))
    task = asyncio.create_task(_take_over(context, row.id, text, places))
    RUNNING.add(task)
    task.add_done_callback(RUNNING.discard)
    return RedirectResponse(f"/agent/subscribers/imports/{row.id}", 303)


@routes.get("/imports/{import_id}")
async def progress(request: Request, context: In, agent: DeskAgent, import_id: UUID) -> Response:
    check_setting_up_topics(agent)
    async with context.database.read() as session:
        row = await session.get(SubscriberImportRow, import_id)
        if row is None:
            raise NotThere("no such list")
        page = ImportPage(
            desk=await desk_of(request, context, agent, session),
            row=row,
            interrupted=row.finished_at is None and context.clock() - row.seen_at > SILENT,
        )
    return context.pages.render(request, "desk/subscriber_import.html", page)


async def _take_over(context: Context, import_id: UUID, text: str, places: Places) -> None:
    async def tell(session: AsyncSession, report: Report) -> None:
        row = await session.get_one(SubscriberImportRow, import_id)
        row.done, row.taken, row.left_out = report.done, report.taken, report.left_out
        more = [(one.number, one.reason, one.what) for one in report.latest]
        row.problems = [*row.problems, *more][:SHOWN]
        row.seen_at = context.clock()

    lines = read_lines(StringIO(text), places, context.clock())
    try:
        await take_over(context.database, context.clock, places.zone, lines, tell)
        async with context.database.begin() as session:
            row = await session.get_one(SubscriberImportRow, import_id)
            row.finished_at = row.seen_at = context.clock()
    except Exception:  # the outer wall: nobody awaits us; the page tells that it was interrupted
        log.exception("subscribers.not_taken_over", list=str(import_id))


async def _page(request: Request, context: Context, agent: Agent, error: str = "") -> Response:
    recent = select(SubscriberImportRow).order_by(SubscriberImportRow.created_at.desc())
    async with context.database.read() as session:
        page = SubscribersPage(
            desk=await desk_of(request, context, agent, session),
            count=await session.scalar(select(func.count()).select_from(SubscriberRow)) or 0,
            imports=list(await session.scalars(recent.limit(RECENT))),
            most=context.settings.max_upload,
            errors=[FieldError("list", error)] if error else (),
        )
    status = 422 if error else 200
    return context.pages.render(request, "desk/subscribers.html", page, status=status)
