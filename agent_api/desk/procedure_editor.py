"""The page on which one procedure is edited, and the changes that its buttons make."""

from collections.abc import Callable

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.procedure_forms import READ
from agent_api.procedure_problems import problems_of
from agent_api.procedure_views import EditorPage, ProcedureLine
from agent_api.properties import KIND_LABELS, read_texts
from cases import Agent, list_queues
from cases.access import check_editing
from cases.agents import Role
from cases.models import CaseStatus
from cases.procedures import columns, edit, procedure_for, say
from cases.procedures import editing as change
from cases.procedures.models import ProcedureRow
from core.errors import BadInput, Conflict
from core.i18n import LOCALES, N_

CHANGED = N_("Somebody else has changed this procedure meanwhile: look at it, and do it again.")
NO_ACTION = N_("There is no such action.")
NO_KIND = N_("There is no such kind of fields.")
NO_LABEL = N_("Give it a name first.")

routes = APIRouter(prefix="/agent/procedures/{slug}")


@routes.get("")
async def editor(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    check_editing(agent)
    async with context.database.read() as session:
        return await show_editor(request, context, agent, session, slug)


@routes.post("", dependencies=[Depends(own_signed_form)])
async def act(request: Request, context: In, agent: DeskAgent, slug: str) -> Response:
    """``action``: ``add-page``, ``add-field:<page>``, ``move-page:<name>:<by>`` …, ``general``."""
    check_editing(agent)
    form = await request.form()
    action, *what = str(form.get("action", "")).split(":")

    def changed(working: change.Working) -> tuple[change.Working, str]:
        return _changed(working, action, what, form)

    return await save(request, context, agent, slug, str(form.get("revision", "")), changed)


async def save(
    request: Request,
    context: Context,
    agent: Agent,
    slug: str,
    revision: str,
    changed: Callable[[change.Working], tuple[change.Working, str]],
) -> Response:
    """Keep what ``changed`` makes of the working copy; it returns where to go on from the editor's
    page (``/fields/name``), too."""
    problem = ""
    async with context.database.begin() as session:
        row = await procedure_for(session, slug, to_change=True)
        try:
            working, after = changed(row.working)
            edit(row, working, int(revision) if revision.isdecimal() else 0, context.clock)
        except Conflict:
            problem = CHANGED
        except BadInput as refused:
            problem = refused.reason
        else:
            trail.procedure(session, context, agent, "edited", slug, revision=row.revision)
    if not problem:
        return RedirectResponse(f"/agent/procedures/{slug}{after}", 303)
    told = speech(request, context)(problem)
    async with context.database.read() as session:
        return await show_editor(request, context, agent, session, slug, status=422, error=told)


def _changed(
    working: change.Working, action: str, what: list[str], form: FormData
) -> tuple[change.Working, str]:
    match action, what:
        case "add-page", []:
            return change.add_page(working, _label(form)), "#pages"
        case "add-field", [page]:
            kind = str(form.get("kind", ""))
            if kind not in KIND_LABELS:
                raise BadInput(NO_KIND, where="kind")
            made, name = change.add_field(working, page, kind, _label(form))
            return made, f"/fields/{name}"
        case "move-page" | "move-field", [name, by] if by in ("-1", "1"):
            kind = action.removeprefix("move-")
            return change.move(working, kind, name, int(by)), f"#{kind}-{name}"
        case "remove-page" | "remove-field", [name]:
            return change.remove(working, action.removeprefix("remove-"), name), "#pages"
        case "general" | "who" | "after", []:
            values = READ[action](form)
            return change.change_general(working, values), f"?done=saved#{action}"
        case "add-column" | "move-column" | "remove-column", [table, *column]:
            return _columns_changed(working, action, table, column, form)
        case _:
            raise BadInput(NO_ACTION, where="action")


def _columns_changed(
    working: change.Working, action: str, table: str, column: list[str], form: FormData
) -> tuple[change.Working, str]:
    match action, column:
        case "add-column", []:
            kind = str(form.get("kind", ""))
            if kind not in columns.COLUMN_KINDS:
                raise BadInput(NO_KIND, where="kind")
            made, name = columns.add_column(working, table, kind, _label(form))
            return made, f"/fields/{table}/columns/{name}"
        case "move-column", [name, by] if by in ("-1", "1"):
            made = columns.move_column(working, table, name, int(by))
        case "remove-column", [name]:
            made = columns.remove_column(working, table, name)
        case _:
            raise BadInput(NO_ACTION, where="action")
    return made, f"/fields/{table}#columns"


def _label(form: FormData) -> dict[str, str]:
    label = read_texts(form, "label")
    if not label:
        raise BadInput(NO_LABEL, where="label")
    return label


async def show_editor(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    slug: str,
    *,
    status: int = 200,
    error: str = "",
) -> Response:
    row = await procedure_for(session, slug)
    locale = context.pages.locale_of(request)
    page = EditorPage(
        desk=await desk_of(request, context, agent, session),
        line=line_of(row, locale),
        revision=row.revision,
        working=row.working,
        problems=problems_of(row.working, locale),
        queues=list(await list_queues(session)),
        kinds=KIND_LABELS,
        locale=locale,
        statuses=list(CaseStatus),
        roles=[Role.RECEPTION, Role.HANDLER, Role.FUNCTIONAL_ADMIN],
        untranslated=change.untranslated(row.working, LOCALES),
        page_names=[page.get("name", "") for page in row.working.get("pages", [])],
        error=error,
    )
    return context.pages.render(request, "desk/procedure.html", page, status=status)


def line_of(row: ProcedureRow, locale: str) -> ProcedureLine:
    category = row.working.get("category") or {}
    return ProcedureLine(
        slug=row.slug,
        title=say(row.working.get("title") or {}, locale) or row.slug,
        category=say(category.get("label") or {}, locale),
        published=row.published,
        enabled=row.enabled,
        changed_at=row.changed_at,
    )
