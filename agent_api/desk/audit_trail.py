"""The audit trail, for administrators: who did what, and what citizens have stopped and allowed."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent
from agent_api.audit_views import TrailLine, TrailPage
from agent_api.context import In
from agent_api.desk.frame import desk_of, speech
from agent_api.trail_words import action_in_words, details_in_words, name_of, place_of
from cases.access import check_trail
from cases.agents import AgentRow
from cases.audit import AuditRow, about
from core.text import clean_line

PAGE = 50  # lines
MAX_QUERY = 200  # characters

routes = APIRouter(prefix="/agent/trail")


@routes.get("")
async def trail(
    request: Request, context: In, agent: DeskAgent, q: str = "", before: UUID | None = None
) -> Response:
    """The newest first; ``q`` is a reference, an address or a number, ``before`` a line's id."""
    check_trail(agent)
    sought, say = clean_line(q)[:MAX_QUERY], speech(request, context)
    query = (
        select(AuditRow, AgentRow.name)
        .outerjoin(AgentRow, AgentRow.id == AuditRow.agent_id)
        .order_by(AuditRow.id.desc())
        .limit(PAGE + 1)
    )
    if sought:
        query = query.where(about(sought))
    if before is not None:
        query = query.where(AuditRow.id < before)
    async with context.database.read() as session:
        rows = (await session.execute(query)).all()
        page = TrailPage(
            desk=await desk_of(request, context, agent, session),
            query=sought,
            lines=[
                TrailLine(
                    at=row.at,
                    who=name or "",
                    action=action_in_words(row.action, say),
                    about=name_of(row.object_id),
                    url=place_of(row.object_kind, row.object_id),
                    details=details_in_words(row.details, say),
                )
                for row, name in rows[:PAGE]
            ],
            before=str(rows[PAGE - 1][0].id) if len(rows) > PAGE else "",
        )
    return context.pages.render(request, "desk/trail.html", page)
