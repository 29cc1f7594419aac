"""Procedures are listed, begun, imported, exported, published and taken away by functional
administrators."""

import re

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.desk.procedure_editor import line_of, show_editor
from agent_api.procedure_views import PreviewPage, ProceduresPage
from agent_api.properties import read_texts
from cases import Agent
from cases.access import check_editing
from cases.procedures import (
    Procedure,
    add_procedure,
    as_json,
    edit,
    list_procedures,
    procedure_for,
    publish_procedure,
    read_definition,
)
from cases.procedures.editing import new_working
from core.errors import BadInput, NotThere
from core.i18n import N_
from core.web.files import file_response

ONE = N_("Choose a file first.")
ADDRESS = N_("An address is lower-case letters, digits and hyphens, and the title says something.")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")

routes = APIRouter(prefix="/agent/procedures")
signed = [Depends(own_signed_form)]


@routes.get("")
async def procedures(request: Request, context: In, agent: DeskAgent) -> Response:
    check_editing(agent)
    return await _list(request, context, agent)


@routes.post("", dependencies=signed)
async def begin(request: Request, context: In, agent: DeskAgent) -> Response:
    """A new one, with a page and nothing on it."""
    check_editing(agent)
    form = await request.form()
    slug, title = str(form.get("slug", "")).strip(), read_texts(form, "title")
    say = speech(request, context)
    if not _SLUG.fullmatch(slug) or not title:
        return await _list(request, context, agent, say(ADDRESS), status=422)
    try:
        definition = read_definition(new_working(slug, title))
        await _add(context, agent, definition, "edited")
    except BadInput as problem:
        return await _list(request, context, agent, say(problem.reason), status=422)
    return RedirectResponse(f"/agent/procedures/{slug}", 303)


@routes.post("/import", dependencies=signed)
async def take(request: Request, context: In, agent: DeskAgent) -> Response:
    """A definition from a file: a new procedure, or a working copy of one that is there."""
    check_editing(agent)
    file = (await request.form()).get("file")
    content = b""
    if isinstance(file, UploadFile):
        content = await file.read()
        await file.close()
    say = speech(request, context)
    if not content:
        return await _list(request, context, agent, say(ONE), status=422)
    try:
        definition = read_definition(content)
    except BadInput as problem:
        return await _list(request, context, agent, *problem.reason.splitlines(), status=422)
    async with context.database.begin() as session:
        try:
            row = await procedure_for(session, definition.slug, to_change=True)
            working = definition.model_dump(mode="json", exclude_unset=True)
            edit(row, working, row.revision, context.clock)
        except NotThere:
            await add_procedure(session, context.clock, definition)
        trail.procedure(session, context, agent, "imported", definition.slug)
    return RedirectResponse(f"/agent/procedures/{definition.slug}?done=imported", 303)


@routes.get("/{slug}/export")
async def export(context: In, agent: DeskAgent, slug: str) -> Response:
    """The working copy, as it is published when it is sound."""
    check_editing(agent)
    async with context.database.read() as session:
        row = await procedure_for(session, slug)
    text = as_json(read_definition(row.working))
    return file_response(f"{slug}.json", "application/json", text.encode())


@routes.get("/{slug}/preview")
async def show_preview(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        row = await procedure_for(session, slug)
        try:
            definition = read_definition(row.working)
        except BadInput:
            return await show_editor(request, context, agent, session, slug, status=422)
        settings, locale = context.settings, context.pages.locale_of(request)
        page = PreviewPage(
            desk=await desk_of(request, context, agent, session),
            slug=slug,
            title=definition.called(locale),
            pages=context.preview(
                definition, locale, context.clock(), settings.zone, settings.country
            ),
        )
    return context.pages.render(request, "desk/procedure_preview.html", page)


@routes.post("/{slug}/publish", dependencies=signed)
async def publish(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    check_editing(agent)
    async with context.database.begin() as session:
        row = await procedure_for(session, slug, to_change=True)
        try:
            number = await publish_procedure(session, context.clock, row, by=agent.id)
        except BadInput:
            return await show_editor(request, context, agent, session, slug, status=422)
        trail.procedure(session, context, agent, "published", slug, version=number)
    return RedirectResponse(f"/agent/procedures/{slug}?done=published", 303)


@routes.post("/{slug}/enable", dependencies=signed)
async def enable(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    """Let citizens begin it, or not any more; drafts and cases of it go on."""
    check_editing(agent)
    on = (await request.form()).get("enabled") == "on"
    done = "enabled" if on else "disabled"
    async with context.database.begin() as session:
        row = await procedure_for(session, slug, to_change=True)
        row.enabled = on
        trail.procedure(session, context, agent, done, slug)
    return RedirectResponse(f"/agent/procedures/{slug}?done={done}", 303)


async def _add(context: Context, agent: Agent, definition: Procedure, done: str) -> None:
    async with context.database.begin() as session:
        await add_procedure(session, context.clock, definition)
        trail.procedure(session, context, agent, done, definition.slug)


async def _list(
    request: Request, context: Context, agent: Agent, *errors: str, status: int = 200
) -> Response:
    async with context.database.read() as session:
        page = await _page(request, context, agent, session, errors)
    return context.pages.render(request, "desk/procedures.html", page, status=status)


async def _page(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    errors: tuple[str, ...],
) -> ProceduresPage:
    locale = context.pages.locale_of(request)
    return ProceduresPage(
        desk=await desk_of(request, context, agent, session),
        procedures=[line_of(row, locale) for row in await list_procedures(session)],
        errors=errors,
    )
