"""What the town has sent the citizen of a case, and why."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from agent_api.asking import DeskAgent
from agent_api.context import In
from agent_api.desk.frame import desk_of
from agent_api.entry_views import SentLine, SentPage
from cases.access import case_for
from feeds.subscriptions import subscriber_at
from notify import Medium, sent_to

routes = APIRouter(prefix="/agent/cases/{reference}")


@routes.get("/sent")
async def sent(request: Request, context: In, agent: DeskAgent, reference: str) -> Response:
    """About the case, and what they have subscribed to under the addresses of the case."""
    async with context.database.read() as session:
        case = await case_for(session, agent, reference)
        known = [
            await subscriber_at(session, address)
            for address in (case.sender_address, case.sender_phone)
            if address
        ]
        found = await sent_to(
            session, subscribers={one.id for one in known if one}, cases=[case.id]
        )
        page = SentPage(
            desk=await desk_of(request, context, agent, session),
            reference=reference,
            name=case.sender_name or case.sender_address or case.sender_phone,
            sent=[
                SentLine(
                    at=one.at,
                    medium=one.medium,
                    kind=one.kind,
                    recipient=one.recipient,
                    subject=one.subject,
                    status=one.status,
                    error=one.last_error,
                    why=one.why,
                    campaign_id=one.campaign_id,
                )
                for one in found
                # That a device showed there is news of this very case tells an agent nothing.
                if one.medium != Medium.PUSH
            ],
        )
    return context.pages.render(request, "desk/sent.html", page)
