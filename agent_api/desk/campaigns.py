"""How sendings to many go: their numbers live, stopped and resumed, what failed sent again."""

from collections.abc import Iterator
from datetime import datetime
from itertools import accumulate
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.campaign_views import Bar, CampaignPage, CampaignsPage, ProgressView
from agent_api.context import In
from agent_api.desk.entry_page import campaign_line
from agent_api.desk.frame import desk_of
from cases.access import check_writing
from core.errors import BadInput
from core.i18n import N_
from feeds.subscriptions import count_left
from notify import (
    CampaignRow,
    Numbers,
    campaign,
    failures_of,
    list_campaigns,
    numbers_of,
    resend_failed,
    resume_campaign,
    stop_campaign,
)

routes = APIRouter(prefix="/agent/campaigns")


@routes.get("")
async def campaigns(request: Request, context: In, agent: DeskAgent, cursor: str = "") -> Response:
    check_writing(agent)
    async with context.database.read() as session:
        found = await list_campaigns(session, cursor=cursor)
        page = CampaignsPage(
            desk=await desk_of(request, context, agent, session),
            campaigns=[campaign_line(one) for one in found.campaigns],
            cursor=cursor,
            next=found.next or "",
        )
    return context.pages.render(request, "desk/campaigns.html", page)


@routes.get("/{campaign_id}")
async def one(request: Request, context: In, agent: DeskAgent, campaign_id: UUID) -> Response:
    check_writing(agent)
    async with context.database.read() as session:
        row = await campaign(session, campaign_id)
        page = CampaignPage(
            desk=await desk_of(request, context, agent, session),
            line=campaign_line(row),
            entry_id=row.entry_id,
            version=row.version,
            urgent=row.urgent,
            expires_at=row.expires_at,
            progress=await _progress(session, row, context.clock()),
        )
    return context.pages.render(request, "desk/campaign.html", page)


@routes.get("/{campaign_id}/progress")
async def progress(request: Request, context: In, agent: DeskAgent, campaign_id: UUID) -> Response:
    """The numbers alone, for a page that is open."""
    check_writing(agent)
    async with context.database.read() as session:
        row = await campaign(session, campaign_id)
        shown = await _progress(session, row, context.clock())
    return context.pages.render(request, "desk/campaign_progress.html", shown)


@routes.post("/{campaign_id}", dependencies=[Depends(own_signed_form)])
async def act(request: Request, context: In, agent: DeskAgent, campaign_id: UUID) -> Response:
    check_writing(agent)
    action, count = str((await request.form()).get("action", "")), 0
    async with context.database.begin() as session:
        match action:
            case "stop":
                done = "stopped"
                await stop_campaign(session, context.clock, campaign_id)
            case "resume":
                done = "resumed"
                await resume_campaign(session, context.clock, campaign_id)
            case "resend":
                done = "resent"
                count = await resend_failed(session, context.clock, campaign_id)
            case _:
                raise BadInput(N_("There is no such action."), where="action")
        trail.campaign(session, context, agent, done, campaign_id, count=count)
    return RedirectResponse(f"/agent/campaigns/{campaign_id}?done={done}", 303)


async def _progress(session: AsyncSession, row: CampaignRow, now: datetime) -> ProgressView:
    numbers = await numbers_of(session, row.id)
    settled = numbers.sent + numbers.failed
    return ProgressView(
        id=row.id,
        accepted=numbers.accepted,
        waiting=numbers.waiting,
        sent=numbers.sent,
        delivered=numbers.delivered,
        failed=numbers.failed,
        percent=settled * 100 // numbers.accepted if numbers.accepted else 0,
        bars=list(_bars(numbers)),
        media=[(medium, count) for medium, count in numbers.by_medium.items() if count],
        reasons=await failures_of(session, row.id) if numbers.failed else [],
        left=await count_left(session, row.id),
        state=_state(row, numbers, now),
    )


def _bars(numbers: Numbers) -> Iterator[Bar]:
    counts = {
        "delivered": numbers.delivered,
        "sent": numbers.sent - numbers.delivered,
        "failed": numbers.failed,
    }
    ends = accumulate(counts.values())
    for (kind, count), end in zip(counts.items(), ends, strict=True):
        if count:
            whole = numbers.accepted
            yield Bar(kind=kind, start=100 * (end - count) / whole, length=100 * count / whole)


def _state(row: CampaignRow, numbers: Numbers, now: datetime) -> str:
    if row.withdrawn_at:
        return "withdrawn"
    if not numbers.waiting and numbers.accepted:
        return "done"
    if row.expires_at and row.expires_at <= now:
        return "expired"
    return "stopped" if row.paused_at else "running"
