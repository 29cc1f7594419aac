"""Subscribing to a topic: by mail with a link, by SMS with a code, or at once for an account."""

from contextlib import suppress
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import account_at, own_form, speech
from channels.web.account.context import Context, In
from channels.web.fields import email_address, phone_number
from channels.web.subscriptions.complaints import take_back_complaint
from channels.web.subscriptions.forms import Fields, asked, cadence_in, hour_in, weekday_in
from channels.web.subscriptions.reading import choices, district_choices
from channels.web.subscriptions.views import AskedPage, SubscribePage, TopicChoice
from citizens import Account
from core.errors import NotThere, Refused
from core.ratelimit import TooMany
from core.text import clean_line
from core.web import FieldError
from feeds import public_topic
from feeds.subscriptions import (
    Medium,
    Said,
    ask_by_mail,
    ask_by_sms,
    confirmation_tokens,
    preferences_tokens,
    subscribe,
    subscriber_of_account,
)
from feeds.subscriptions.requests import LINK_LIVES, request_at
from feeds.subscriptions.wishes import HOUR, Wish
from notify import AccountKind

routes = APIRouter(include_in_schema=False)


async def form_fields(request: Request) -> Fields:
    """The fields of a form that has no files; of those that come twice the last one."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


Sent = Annotated[Fields, Depends(form_fields)]


@routes.get("/topics/{slug}/subscribe")
async def form(request: Request, context: In, slug: str) -> Response:
    me = await account_at(request, context)
    async with context.database.read() as session:
        page = await _page(session, request, context, slug, me)
    return context.pages.render(request, "portal/subscriptions/subscribe.html", page)


@routes.post("/topics/{slug}/subscribe", dependencies=[Depends(own_form)])
async def ask(request: Request, context: In, slug: str, fields: Sent) -> Response:
    me = await account_at(request, context)
    async with context.database.read() as session:
        page = await _page(session, request, context, slug, me)
    page = replace(
        page,
        email=clean_line(fields.get("email", "")),
        phone=clean_line(fields.get("phone", "")),
        cadence=cadence_in(fields, "cadence") or page.cadence,
        hour=_given(hour_in(fields), page.hour),
        weekday=weekday_in(fields),
        district=fields.get("district", ""),
    )
    also = {one.slug for one in page.others if fields.get(f"topic-{one.slug}")}
    topics = [page.topic, *(one for one in page.others if one.slug in also)]
    if me is not None:
        return await _for_account(context, me, page, topics, fields)
    await context.limits.asking.count(context.client(request))
    if fields.get("by") == Medium.SMS:
        return await _by_sms(request, context, page, topics, fields)
    return await _by_mail(request, context, page, topics, fields)


@routes.get("/subscriptions/asked")
async def link_sent(request: Request, context: In) -> Response:
    page = AskedPage(kept=not context.settings.smarthost)
    return context.pages.render(request, "portal/subscriptions/asked.html", page)


async def _by_mail(
    request: Request,
    context: Context,
    page: SubscribePage,
    topics: list[TopicChoice],
    fields: Fields,
) -> Response:
    _ = speech(request, context)
    address = email_address(page.email)
    if address is None:
        wrong = _("This is not an e-mail address. One looks like camille@example.org.")
        return _again(request, context, page, FieldError("email", wrong))
    try:
        await context.limits.mails.count(address)
    except TooMany:  # which would tell that somebody else has asked
        pass
    else:
        wishes = _wishes(page, topics, Medium.EMAIL, fields)
        await _send_link(request, context, address, wishes, topics)
    return RedirectResponse("/subscriptions/asked", 303)


async def _send_link(
    request: Request,
    context: Context,
    address: str,
    wishes: list[Wish],
    topics: list[TopicChoice],
) -> None:
    locale = context.pages.locale_of(request)
    async with context.database.begin() as session:
        id = await ask_by_mail(session, context.clock, address, wishes, locale)
        token = confirmation_tokens(context.secret).of(id)
        await context.mails.queue(
            session,
            AccountKind.SUBSCRIBE,
            address=address,
            language=locale,
            link=context.url(f"/subscriptions/confirm/{token}"),
            hours=int(LINK_LIVES.total_seconds() / 3600),
            what=", ".join(topic.name for topic in topics),
        )


async def _by_sms(
    request: Request,
    context: Context,
    page: SubscribePage,
    topics: list[TopicChoice],
    fields: Fields,
) -> Response:
    """Raises NotThere while the town sends no SMS; what the number has said is not told."""
    if context.texts is None:
        raise NotThere("no SMS is sent")
    _ = speech(request, context)
    number = phone_number(page.phone, context.settings.country)
    if number is None:
        wrong = _("This is not a telephone number. Outside the country, begin with + and its code.")
        return _again(request, context, page, FieldError("phone", wrong))
    wishes = _wishes(page, topics, Medium.SMS, fields)
    id, code = await _new_code(request, context, number, wishes)
    if code:
        text = _("%(code)s is your code for %(town)s. Tell it to nobody.")
        town = context.settings.town
        with suppress(Refused):  # the page that follows tells nothing of the number
            await context.texts.send_text(number, text % {"code": code, "town": town})
    return RedirectResponse(
        f"/subscriptions/code/{confirmation_tokens(context.secret).of(id)}", 303
    )


async def _new_code(
    request: Request, context: Context, number: str, wishes: list[Wish]
) -> tuple[UUID, str]:
    """The request and the code to send; it is empty when the number has got too many already.

    A code that was sent before then still counts. That there were too many is not told.
    """
    clock, locale = context.clock, context.pages.locale_of(request)
    try:
        await context.limits.texts.count(number)
        may_send = True
    except TooMany:
        may_send = False
    async with context.database.begin() as session:
        if not may_send and (known := await request_at(session, clock, number, Medium.SMS)):
            return known, ""
        id, code = await ask_by_sms(session, clock, context.secret, number, wishes, locale)
    return id, code if may_send else ""


async def _for_account(
    context: Context, me: Account, page: SubscribePage, topics: list[TopicChoice], fields: Fields
) -> Response:
    """The address of an account is proven: the subscription counts at once."""
    async with context.database.begin() as session:
        row = await subscriber_of_account(
            session,
            context.clock,
            me.id,
            email=me.email,
            phone=me.phone,
            language=me.language,
        )
        wishes = _wishes(page, topics, Medium.EMAIL, fields)
        await subscribe(session, context.clock, context.zone, row, wishes, Said("account"))
        await take_back_complaint(session, context.clock, row, source="account")
    token = preferences_tokens(context.secret).of(row.id)
    return RedirectResponse(f"/subscriptions/{token}?said=subscribed", 303)


async def _page(
    session: AsyncSession, request: Request, context: Context, slug: str, me: Account | None
) -> SubscribePage:
    """Raises NotThere when there is no such topic for everybody."""
    topic = await public_topic(session, slug)
    found = await choices(session, context.pages.locale_of(request))
    return SubscribePage(
        topic=next(one for one in found if one.id == topic.id),
        others=[one for one in found if one.id != topic.id],
        districts=await district_choices(session),
        account=me.email if me else "",
        sends_sms=context.texts is not None,
        hour=HOUR,
    )


def _again(request: Request, context: Context, page: SubscribePage, error: FieldError) -> Response:
    page = replace(page, errors=[error])
    return context.pages.render(request, "portal/subscriptions/subscribe.html", page, status=422)


def _wishes(
    page: SubscribePage, topics: list[TopicChoice], medium: Medium, fields: Fields
) -> list[Wish]:
    return asked(fields, [topic.id for topic in topics], medium, page.districts)


def _given(hour: int | None, otherwise: int) -> int:
    return otherwise if hour is None else hour
