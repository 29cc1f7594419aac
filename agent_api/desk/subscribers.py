"""An earlier list of subscribers is put in at the desk, and taken over while its page tells how far
it has come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, File, UploadFile
from sqlalchemy import func, select
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
from core.text import file_name
from core.web import FieldError
from feeds.subscriptions import SubscriberRow
from feeds.subscriptions.importing import NEEDED
from feeds.subscriptions.lists import SILENT, SubscriberLists
from feeds.subscriptions.models import SubscriberImportRow

RECENT = 20  # lists

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
    imports: Sequence[tuple[SubscriberImportRow, bool]]
    """Each with whether it was interrupted."""
    needed: Sequence[str] = NEEDED
    most: int
    errors: Sequence[FieldError] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """``desk/subscriber_import.html``"""

    desk: Desk
    row: SubscriberImportRow
    interrupted: bool
    """It then goes on by itself, or it must be put in again when the list is gone."""


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
    lists = lists_of(context)
    try:
        await lists.check(text)
    except BadInput:
        missing = say("The first line must name the columns: %(names)s")
        return await _page(request, context, agent, missing % {"names": ", ".join(NEEDED)})
    name = file_name(file.filename or "", "list.csv")
    async with context.database.begin() as session:
        import_id = await lists.keep(session, agent.id, name, text)
        trail.record(session, context, agent, "subscribers.imported", "list", str(import_id))
    task = asyncio.create_task(_go_on(lists, import_id))
    RUNNING.add(task)
    task.add_done_callback(RUNNING.discard)
    return RedirectResponse(f"/agent/subscribers/imports/{import_id}", 303)


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
            interrupted=is_interrupted(row, context.clock()),
        )
    return context.pages.render(request, "desk/subscriber_import.html", page)


def lists_of(context: Context) -> SubscriberLists:
    settings = context.settings
    return SubscriberLists(
        context.database,
        context.blobs,
        context.clock,
        settings.country,
        settings.language,
        settings.zone,
    )


def is_interrupted(row: SubscriberImportRow, now: datetime) -> bool:
    return row.finished_at is None and (row.sha256 is None or now - row.seen_at > SILENT)


async def _go_on(lists: SubscriberLists, import_id: UUID) -> None:
    try:
        await lists.go_on(import_id)
    except Exception:  # the outer wall: the store is away, and whoever looks later goes on
        log.warning("subscribers.interrupted", list=str(import_id))


async def _page(request: Request, context: Context, agent: Agent, error: str = "") -> Response:
    recent = select(SubscriberImportRow).order_by(SubscriberImportRow.created_at.desc())
    async with context.database.read() as session:
        page = SubscribersPage(
            desk=await desk_of(request, context, agent, session),
            count=await session.scalar(select(func.count()).select_from(SubscriberRow)) or 0,
            imports=[
                (row, is_interrupted(row, context.clock()))
                for row in await session.scalars(recent.limit(RECENT))
            ],
            most=context.settings.max_upload,
            errors=[FieldError("list", error)] if error else (),
        )
    status = 422 if error else 200
    return context.pages.render(request, "desk/subscribers.html", page, status=status)
