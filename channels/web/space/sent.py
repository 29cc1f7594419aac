"""What the town has sent a citizen, and why: of their cases, and what they have subscribed to."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from cases import cases_of_citizen
from channels.web.account.asking import Me, holder_of
from channels.web.account.context import In
from channels.web.account.frame import mine_of
from channels.web.space.views import SentLine, SentPage
from feeds.subscriptions import subscribers_known_by
from notify import sent_to

routes = APIRouter(prefix="/me", include_in_schema=False)


@routes.get("/sent")
async def sent(request: Request, context: In, me: Me) -> Response:
    async with context.database.read() as session:
        cases = await cases_of_citizen(session, holder_of(me))
        known = await subscribers_known_by(session, me.id, me.email, me.phone)
        found = await sent_to(
            session,
            subscribers={one.id for one in known},
            cases=[case.id for case in cases],
        )
    page = SentPage(
        mine=mine_of(request, context, me, "sent"),
        sent=[
            SentLine(
                at=one.at,
                medium=one.medium,
                kind=one.kind,
                subject=one.subject,
                status=one.status,
                reference=one.reference,
                why=one.why,
            )
            for one in found
        ],
    )
    return context.pages.render(request, "portal/space/sent.html", page)
