"""What the town announces: drafts, what is scheduled, published and withdrawn."""

from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent
from agent_api.context import In
from agent_api.desk.frame import desk_of
from agent_api.entry_views import EntriesPage, EntryLine
from cases.access import check_writing, sets_up_topics
from feeds import EntryStatus, Shown, count_by_status, list_entries, said

routes = APIRouter(prefix="/agent/entries")


@routes.get("")
async def entries(
    request: Request, context: In, agent: DeskAgent, status: str = "", before: UUID | None = None
) -> Response:
    check_writing(agent)
    locale = context.pages.locale_of(request)
    async with context.database.read() as session:
        counts = await count_by_status(session)
        wanted = _status(status)
        found = await list_entries(session, wanted, before=before)
        more = f"/agent/entries?status={wanted}&before={found.next_before}"
        page = EntriesPage(
            desk=await desk_of(request, context, agent, session),
            entries=[_line(one, locale) for one in found.shown],
            status=wanted,
            counts=counts,
            next_url=more if found.next_before else "",
            sets_up=sets_up_topics(agent),
        )
    return context.pages.render(request, "desk/entries.html", page)


def _status(asked: str) -> EntryStatus:
    return EntryStatus(asked) if asked in set(EntryStatus) else EntryStatus.PUBLISHED


def _line(shown: Shown, locale: str) -> EntryLine:
    entry = shown.entry
    return EntryLine(
        id=entry.id,
        title=shown.said(locale).title,
        status=entry.status,
        urgent=entry.urgent,
        corrected=entry.corrected_at is not None,
        imported=entry.outside_feed_id is not None,
        at=entry.withdrawn_at or entry.published_at or entry.publish_at or entry.created_at,
        topics=[said(topic.names, locale) for topic in shown.topics],
    )
