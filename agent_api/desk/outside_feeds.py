"""Outside feeds, whose items become entries, are set up by functional administrators."""

from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.entry_views import Choice, FeedLine, FeedsPage
from agent_api.properties import read_text
from cases import Agent
from cases.access import check_setting_up_topics
from core.errors import BadInput
from core.i18n import LOCALE_NAMES
from core.web import FieldError
from feeds import all_topics, said
from feeds.outside import add_feed, feed_for, list_feeds

routes = APIRouter(prefix="/agent/feeds")
signed = [Depends(own_signed_form)]


@routes.get("")
async def feeds(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    return await _list(request, context, agent)


@routes.post("", dependencies=signed)
async def begin(request: Request, context: In, agent: DeskAgent) -> Response:
    check_setting_up_topics(agent)
    form = await request.form()
    try:
        async with context.database.begin() as session:
            row = await add_feed(
                session,
                context.clock,
                read_text(form, "url"),
                topic_id=_id(read_text(form, "topic")),
                language=read_text(form, "language"),
                publishes=read_text(form, "publishes") == "on",
            )
            trail.outside_feed(session, context, agent, "added", row.url, publishes=row.publishes)
    except BadInput as problem:
        return await _list(request, context, agent, form, problem)
    return RedirectResponse("/agent/feeds?done=feed", 303)


@routes.post("/{feed_id}", dependencies=signed)
async def act(request: Request, context: In, agent: DeskAgent, feed_id: UUID) -> Response:
    """``action``: ``look`` (fetch it now), ``on``, ``off``, ``publish`` or ``draft``."""
    check_setting_up_topics(agent)
    action = read_text(await request.form(), "action")
    async with context.database.begin() as session:
        row = await feed_for(session, feed_id)
        match action:
            case "look":
                row.look_at = context.clock()
            case "on" | "off":
                row.enabled, row.look_at = action == "on", context.clock()
            case "publish" | "draft":
                row.publishes = action == "publish"
        done = "fetched" if action == "look" else "changed"
        trail.outside_feed(
            session, context, agent, done, row.url, publishes=row.publishes, enabled=row.enabled
        )
    return RedirectResponse("/agent/feeds?done=feed", 303)


async def _list(
    request: Request,
    context: Context,
    agent: Agent,
    form: FormData | None = None,
    problem: BadInput | None = None,
) -> Response:
    locale = context.pages.locale_of(request)
    values = {name: value for name, value in (form or {}).items() if isinstance(value, str)}
    async with context.database.read() as session:
        page = FeedsPage(
            desk=await desk_of(request, context, agent, session),
            feeds=[
                FeedLine(
                    id=row.id,
                    url=row.url,
                    topic=said(topic.names, locale),
                    language=LOCALE_NAMES.get(row.language, row.language),
                    publishes=row.publishes,
                    enabled=row.enabled,
                    fetched_at=row.fetched_at,
                    look_at=row.look_at,
                    problem=row.problem,
                )
                for row, topic in await list_feeds(session)
            ],
            topics=[
                Choice(
                    value=str(one.id),
                    name=said(one.names, locale),
                    chosen=str(one.id) == values.get("topic"),
                )
                for one in await all_topics(session)
            ],
            values=values,
            errors=[FieldError(problem.where, speech(request, context)(problem.reason))]
            if problem
            else [],
        )
    status = 422 if problem else 200
    return context.pages.render(request, "desk/feeds.html", page, status=status)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
