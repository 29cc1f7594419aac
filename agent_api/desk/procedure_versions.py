"""The published versions of a procedure: looked at, exported, and made the working copy again."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import In
from agent_api.desk.frame import desk_of
from agent_api.desk.procedure_editor import line_of, save
from agent_api.procedure_views import VersionLine, VersionsPage
from cases.access import check_editing
from cases.procedures import as_json, procedure_for, version_of
from cases.procedures.editing import Working
from cases.procedures.store import versions_of
from core.errors import NotThere
from core.web.files import file_response

routes = APIRouter(prefix="/agent/procedures/{slug}/versions")


@routes.get("")
async def versions(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        row = await procedure_for(session, slug)
        page = VersionsPage(
            desk=await desk_of(request, context, agent, session),
            slug=slug,
            title=line_of(row, context.pages.locale_of(request)).title,
            revision=row.revision,
            current=row.published if row.enabled else 0,
            versions=[
                VersionLine(number=number, published_at=at, published_by=name)
                for number, at, name in await versions_of(session, row.id)
            ],
        )
    return context.pages.render(request, "desk/procedure_versions.html", page)


@routes.get("/{number}/export")
async def export(context: In, agent: DeskAgent, slug: str, number: int) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        definition = await version_of(session, slug, number)
    if definition is None:
        raise NotThere(f"no version {number}")
    return file_response(f"{slug}-{number}.json", "application/json", as_json(definition).encode())


@routes.post("/{number}/restore", dependencies=[Depends(own_signed_form)])
async def restore(
    request: Request, context: In, agent: DeskAgent, slug: str, number: int
) -> Response:
    """Citizens go on with what is published until this is published in turn."""
    check_editing(agent)
    form = await request.form()
    async with context.database.read() as session:
        definition = await version_of(session, slug, number)
    if definition is None:
        raise NotThere(f"no version {number}")
    working: Working = definition.model_dump(mode="json", exclude_unset=True)
    revision = str(form.get("revision", ""))
    return await save(request, context, agent, slug, revision, lambda _: (working, "?done=saved"))
