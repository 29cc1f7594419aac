"""The second half of the double opt-in: the link of the mail, the code of the SMS."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import own_form, speech
from channels.web.account.context import Context, In
from channels.web.subscriptions.complaints import take_back_complaint
from channels.web.subscriptions.reading import masked
from channels.web.subscriptions.views import CodePage, ConfirmPage
from core.errors import NotThere
from core.web import FieldError
from feeds import TopicRow, said
from feeds.subscriptions import (
    Medium,
    confirm,
    confirm_by_code,
    confirmation_tokens,
    preferences_tokens,
)
from feeds.subscriptions.requests import find_request

MAX_CODE = 20  # characters

routes = APIRouter(prefix="/subscriptions", include_in_schema=False)


@routes.get("/confirm/{token}")
async def show_link(request: Request, context: In, token: str) -> Response:
    locale = context.pages.locale_of(request)
    try:
        async with context.database.read() as session:
            found = await find_request(session, context.clock, _named(context, token), Medium.EMAIL)
            ids = [UUID(hex=wish["topic_id"]) for wish in found.wishes]
            topics = await session.scalars(select(TopicRow).where(TopicRow.id.in_(ids)))
            names = [said(topic.names, locale) for topic in topics]
    except NotThere:
        return _gone(request, context)
    page = ConfirmPage(token=token, address=found.address, topics=names)
    return context.pages.render(request, "portal/subscriptions/confirm.html", page)


@routes.post("/confirm/{token}", dependencies=[Depends(own_form)])
async def follow_link(request: Request, context: In, token: str) -> Response:
    try:
        async with context.database.begin() as session:
            row = await confirm(session, context.clock, context.zone, _named(context, token))
            await take_back_complaint(session, context.clock, row, source="double opt-in")
    except NotThere:
        return _gone(request, context)
    return _welcome(context, row.id)


@routes.get("/code/{token}")
async def show_code(request: Request, context: In, token: str) -> Response:
    return await _code(request, context, token)


@routes.post("/code/{token}", dependencies=[Depends(own_form)])
async def try_code(
    request: Request, context: In, token: str, code: Annotated[str, Form()] = ""
) -> Response:
    await context.limits.asking.count(context.client(request))
    try:
        async with context.database.begin() as session:
            row = await confirm_by_code(
                session,
                context.clock,
                context.zone,
                context.secret,
                _named(context, token),
                code[:MAX_CODE],
            )
    except NotThere:
        return _gone(request, context)
    if row is None:
        _ = speech(request, context)
        wrong = FieldError("code", _("This code is wrong, or has expired."))
        return await _code(request, context, token, wrong)
    return _welcome(context, row.id)


async def _code(request: Request, context: Context, token: str, *errors: FieldError) -> Response:
    try:
        async with context.database.read() as session:
            found = await find_request(session, context.clock, _named(context, token), Medium.SMS)
    except NotThere:
        return _gone(request, context)
    page = CodePage(
        token=token,
        number=masked(found.address),
        town_number=context.town_number,
        errors=errors,
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/subscriptions/code.html", page, status=status)


def _named(context: Context, token: str) -> UUID | None:
    return confirmation_tokens(context.secret).read(token)


def _welcome(context: Context, subscriber_id: UUID) -> Response:
    token = preferences_tokens(context.secret).of(subscriber_id)
    return RedirectResponse(f"/subscriptions/{token}?said=subscribed", 303)


def _gone(request: Request, context: Context) -> Response:
    return context.pages.render(request, "portal/subscriptions/gone.html", status=404)
