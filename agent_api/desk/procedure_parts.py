"""One field or one page of a form is edited; or the whole definition as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.desk.procedure_editor import line_of, save
from agent_api.procedure_problems import as_line, problems_of
from agent_api.procedure_views import JsonPage, PropertiesPage
from agent_api.properties import (
    KIND_LABELS,
    PAGE_PROPERTIES,
    names_of,
    properties_of,
    read_properties,
)
from cases import Agent
from cases.access import check_editing
from cases.procedures import columns, procedure_for
from cases.procedures import editing as change
from core.errors import NotThere
from core.i18n import N_, translator

NOT_JSON = N_("This is not JSON: line %(line)d, column %(column)d: %(reason)s")
NOT_OBJECT = N_("A definition is a JSON object.")

routes = APIRouter(prefix="/agent/procedures/{slug}")
signed = [Depends(own_signed_form)]


@routes.get("/fields/{name}")
async def field(request: Request, context: In, agent: DeskAgent, slug: str, name: str) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        return await _properties(request, context, agent, session, slug, name, page=False)


@routes.post("/fields/{name}", dependencies=signed)
async def change_field(
    request: Request, context: In, agent: DeskAgent, slug: str, name: str
) -> Response:
    check_editing(agent)
    form = await request.form()

    def changed(working: change.Working) -> tuple[change.Working, str]:
        kind = str(change.field_of(working, name).get("kind", ""))
        values = {"kind": kind, "name": name, **read_properties(names_of(kind), form)}
        if kind == "table":  # its columns have pages of their own
            values["columns"] = change.field_of(working, name).get("columns")
        return change.change_field(working, name, values), f"?done=saved#field-{name}"

    return await save(request, context, agent, slug, str(form.get("revision", "")), changed)


@routes.get("/fields/{table}/columns/{name}")
async def column(
    request: Request, context: In, agent: DeskAgent, slug: str, table: str, name: str
) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        row = await procedure_for(session, slug)
        values = columns.column_of(row.working, table, name)
        view = PropertiesPage(
            desk=await desk_of(request, context, agent, session),
            slug=slug,
            title=line_of(row, context.pages.locale_of(request)).title,
            kind=values["kind"],
            kind_label=KIND_LABELS.get(values["kind"], ""),
            name=name,
            revision=row.revision,
            properties=properties_of(_of_a_column(values["kind"]), values),
            known=(),
            table=table,
        )
    return context.pages.render(request, "desk/procedure_properties.html", view)


@routes.post("/fields/{table}/columns/{name}", dependencies=signed)
async def change_column(
    request: Request, context: In, agent: DeskAgent, slug: str, table: str, name: str
) -> Response:
    check_editing(agent)
    form = await request.form()

    def changed(working: change.Working) -> tuple[change.Working, str]:
        kind = str(columns.column_of(working, table, name)["kind"])
        values = {"kind": kind, "name": name, **read_properties(_of_a_column(kind), form)}
        made = columns.change_column(working, table, name, values)
        return made, f"/fields/{table}?done=saved#columns"

    return await save(request, context, agent, slug, str(form.get("revision", "")), changed)


@routes.get("/pages/{name}")
async def page(request: Request, context: In, agent: DeskAgent, slug: str, name: str) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        return await _properties(request, context, agent, session, slug, name, page=True)


@routes.post("/pages/{name}", dependencies=signed)
async def change_page(
    request: Request, context: In, agent: DeskAgent, slug: str, name: str
) -> Response:
    check_editing(agent)
    form = await request.form()

    def changed(working: change.Working) -> tuple[change.Working, str]:
        values = {"name": name, **read_properties(PAGE_PROPERTIES, form)}
        return change.change_page(working, name, values), f"?done=saved#page-{name}"

    return await save(request, context, agent, slug, str(form.get("revision", "")), changed)


@routes.get("/json")
async def as_text(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    check_editing(agent)
    return await _json(request, context, agent, slug)


@routes.post("/json", dependencies=signed)
async def change_text(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    """Kept when it is an object; what is wrong in it is told, on the editor's page."""
    check_editing(agent)
    form = await request.form()
    text, say = str(form.get("text", "")), speech(request, context)
    try:
        working: Any = json.loads(text)
    except json.JSONDecodeError as problem:
        where = {"line": problem.lineno, "column": problem.colno, "reason": problem.msg}
        return await _json(request, context, agent, slug, text, [say(NOT_JSON) % where])
    if not isinstance(working, dict):
        return await _json(request, context, agent, slug, text, [say(NOT_OBJECT)])
    wrong = change.problems_with(working)
    if wrong:
        return await _json(
            request, context, agent, slug, text, [as_line(reason, say) for _, reason in wrong]
        )
    revision = str(form.get("revision", ""))
    return await save(request, context, agent, slug, revision, lambda _: (working, "?done=saved"))


def _of_a_column(kind: str) -> Sequence[str]:
    """Without what a column cannot have."""
    return [one for one in names_of(kind) if one not in ("visible_when", "prefill", "checks")]


async def _properties(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    slug: str,
    name: str,
    *,
    page: bool,
) -> Response:
    row = await procedure_for(session, slug)
    pages = row.working.get("pages", [])
    if page:
        values = next((one for one in pages if one.get("name") == name), None)
        if values is None:
            raise NotThere(f"no page {name}")
        kind, names = "", tuple(PAGE_PROPERTIES)
    else:
        values = change.field_of(row.working, name)
        kind = str(values.get("kind", ""))
        names = tuple(names_of(kind))
    locale = context.pages.locale_of(request)
    problems = [one for one in problems_of(row.working, locale) if one.place == name]
    view = PropertiesPage(
        desk=await desk_of(request, context, agent, session),
        slug=slug,
        title=line_of(row, locale).title,
        kind=kind,
        kind_label=KIND_LABELS.get(kind, ""),
        name=name,
        revision=row.revision,
        properties=properties_of(
            names, values, [one.reason for one in problems], translator(locale)
        ),
        kinds={code: KIND_LABELS[code] for code in columns.COLUMN_KINDS},
        known=[one["name"] for each in pages for one in each.get("fields", []) if "name" in one],
        problems=problems,
    )
    return context.pages.render(request, "desk/procedure_properties.html", view)


async def _json(
    request: Request,
    context: Context,
    agent: Agent,
    slug: str,
    text: str = "",
    errors: Sequence[str] = (),
) -> Response:
    async with context.database.read() as session:
        row = await procedure_for(session, slug)
        view = JsonPage(
            desk=await desk_of(request, context, agent, session),
            slug=slug,
            title=line_of(row, context.pages.locale_of(request)).title,
            revision=row.revision,
            text=text or json.dumps(row.working, indent=2, ensure_ascii=False),
            errors=errors,
        )
    return context.pages.render(
        request, "desk/procedure_json.html", view, status=422 if errors else 200
    )
