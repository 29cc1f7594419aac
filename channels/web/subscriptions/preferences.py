"""The page with all that somebody receives, behind the signed link of each mail; unsubscribing.

The link is all that it takes, as in every newsletter: who has it can change what comes, and sees
neither the whole address nor anything else of its owner.
"""

from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import Me, own_form, speech
from channels.web.account.context import Context, In
from channels.web.subscriptions.asking import Sent
from channels.web.subscriptions.forms import hour_in, preferred
from channels.web.subscriptions.reading import (
    choices,
    district_choices,
    preferences_page,
    subscriber_of,
)
from channels.web.subscriptions.views import UnsubscribePage
from core.errors import NotThere
from core.i18n import LOCALES, N_
from feeds import TopicRow, said
from feeds.subscriptions import (
    Medium,
    Said,
    SubscriberRow,
    SubscriptionRow,
    preferences_tokens,
    set_subscriptions,
    subscriber_of_account,
    subscriptions_of,
    unsubscribe,
)
from feeds.subscriptions.wishes import HOUR
from notify import Medium as SentBy
from notify import drop_waiting, topics_told

NOTICES = {
    "saved": N_("Saved."),
    "subscribed": N_("You are subscribed. Here is all that you receive from us."),
    "none": N_("You receive nothing from us any more."),
}

routes = APIRouter(include_in_schema=False)


@routes.get("/me/subscriptions")
async def mine(context: In, me: Me) -> Response:
    async with context.database.begin() as session:
        row = await subscriber_of_account(
            session, context.clock, me.id, email=me.email, phone=me.phone, language=me.language
        )
    return RedirectResponse(f"/subscriptions/{preferences_tokens(context.secret).of(row.id)}", 303)


@routes.get("/subscriptions/{token}")
async def preferences(request: Request, context: In, token: str, said: str = "") -> Response:
    _ = speech(request, context)
    notice = NOTICES.get(said, "")
    try:
        async with context.database.read() as session:
            row = await subscriber_of(session, context.secret, token)
            page = await preferences_page(
                session,
                row,
                token=token,
                locale=context.pages.locale_of(request),
                hour=HOUR,
                town_number=context.town_number,
                notice=_(notice) if notice else "",
            )
    except NotThere:
        return context.pages.render(request, "portal/subscriptions/gone.html", status=404)
    return context.pages.render(request, "portal/subscriptions/preferences.html", page)


@routes.post("/subscriptions/{token}", dependencies=[Depends(own_form)])
async def save(request: Request, context: In, token: str, fields: Sent) -> Response:
    async with context.database.begin() as session:
        row = await subscriber_of(session, context.secret, token)
        rows = await subscriptions_of(session, row.id)
        topics = await choices(session, context.pages.locale_of(request), rows)
        places = await district_choices(session)
        wishes = preferred(fields, topics, _media(row), places, rows)
        row.quiet_from = hour_in(fields, "quiet_from")
        row.quiet_until = hour_in(fields, "quiet_until")
        row.language = fields["language"] if fields.get("language") in LOCALES else row.language
        await set_subscriptions(
            session, context.clock, context.zone, row, wishes, Said("preferences")
        )
        await _drop_waiting(session, row)
    return RedirectResponse(f"/subscriptions/{token}?said=saved", 303)


@routes.post("/subscriptions/{token}/none", dependencies=[Depends(own_form)])
async def end_all(context: In, token: str) -> Response:
    async with context.database.begin() as session:
        row = await subscriber_of(session, context.secret, token)
        await unsubscribe(session, context.clock, row, Said("preferences"))
        await _drop_waiting(session, row)
    return RedirectResponse(f"/subscriptions/{token}?said=none", 303)


@routes.get("/subscriptions/{token}/unsubscribe/{campaign}")
async def ask_to_unsubscribe(request: Request, context: In, token: str, campaign: str) -> Response:
    """Opening a link changes nothing: mail programs and scanners do it by themselves."""
    return await _unsubscribe(request, context, token, campaign, done=False)


@routes.post("/subscriptions/{token}/unsubscribe/{campaign}")
async def unsubscribe_by_link(request: Request, context: In, token: str, campaign: str) -> Response:
    """One click (RFC 8058): mail programs send this without a cookie, so the link is the proof."""
    return await _unsubscribe(request, context, token, campaign, done=True)


async def _unsubscribe(
    request: Request, context: Context, token: str, campaign: str, *, done: bool
) -> Response:
    """A mail that we do not know (any more) stands for every one."""
    locale = context.pages.locale_of(request)
    try:
        async with context.database.begin() if done else context.database.read() as session:
            row = await subscriber_of(session, context.secret, token)
            rows = await _behind(session, row, campaign)
            ids = {one.topic_id for one in rows}
            topics = await session.scalars(select(TopicRow).where(TopicRow.id.in_(ids)))
            names = [said(topic.names, locale) for topic in topics]
            if done:
                await unsubscribe(
                    session,
                    context.clock,
                    row,
                    Said("one-click", campaign_id=_id(campaign)),
                    media=(Medium.EMAIL,),
                    topic_ids=ids,
                )
                await _drop_waiting(session, row)
    except NotThere:
        return context.pages.render(request, "portal/subscriptions/gone.html", status=404)
    page = UnsubscribePage(token=token, campaign=campaign, topics=names, done=done)
    return context.pages.render(request, "portal/subscriptions/unsubscribe.html", page)


async def _drop_waiting(session: AsyncSession, row: SubscriberRow) -> None:
    """What was queued for subscriptions that have ended does not go out."""
    rows = await subscriptions_of(session, row.id)
    for medium in (SentBy.EMAIL, SentBy.SMS):
        kept = [one.topic_id for one in rows if one.medium == medium]
        await drop_waiting(session, row.id, medium, kept)


async def _behind(
    session: AsyncSession, row: SubscriberRow, campaign: str
) -> list[SubscriptionRow]:
    """The subscriptions for which a mail of this campaign came, as it was sent: since then the
    entry may have come to other topics, or the digest to another hour."""
    rows = [one for one in await subscriptions_of(session, row.id) if one.medium == Medium.EMAIL]
    id = _id(campaign)
    topics = await topics_told(session, id, row.id) if id else []
    return [one for one in rows if one.topic_id in topics] if topics else rows


def _id(campaign: str) -> UUID | None:
    try:
        return UUID(hex=campaign)
    except ValueError:
        return None


def _media(row: SubscriberRow) -> list[Medium]:
    """By which this subscriber can be told."""
    theirs = {
        Medium.HOME: row.account_id is not None,
        Medium.EMAIL: row.email is not None,
        Medium.SMS: row.phone is not None,
    }
    return [medium for medium, is_theirs in theirs.items() if is_theirs]
