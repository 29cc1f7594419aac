"""Taking one's data along, and deleting the account."""

import asyncio
import json
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import let_go_of_cases
from cases.procedures import erase_drafts
from channels.web.account.asking import Me, knows_password, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.export import exported, zipped
from channels.web.account.frame import mine_of
from channels.web.account.profile import today
from channels.web.account.trail import record
from channels.web.account.views import DataPage
from citizens import Account
from citizens.erasure import erase_account
from core.web import FieldError
from core.web.csrf import ACCOUNT_COOKIE
from feeds.subscriptions import erase_subscriptions
from notify import erase_devices, forget_account_mails

routes = APIRouter(prefix="/me/data", include_in_schema=False)


@routes.get("")
async def data(request: Request, context: In, me: Me) -> Response:
    return _page(request, context, me)


@routes.post("/export", dependencies=[Depends(own_form)])
async def export(
    request: Request, context: In, me: Me, export_password: Annotated[str, Form()] = ""
) -> Response:
    if not await knows_password(request, context, me, export_password):
        return _wrong(request, context, me, "export_password")
    async with context.database.read() as session:
        told, files = await exported(session, context, me)
    content = json.dumps(told, ensure_ascii=False, indent=2).encode()
    archive = await asyncio.to_thread(zipped, {"data.json": content, **files})
    async with context.database.begin() as session:
        record(context, session, "exported", me.id)
    name = f"guichet-{today(context):%Y-%m-%d}.zip"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(archive, media_type="application/zip", headers=headers)


@routes.post("/delete", dependencies=[Depends(own_form)])
async def delete(
    request: Request, context: In, me: Me, delete_password: Annotated[str, Form()] = ""
) -> Response:
    """The town's record of requests stays for as long as the law wants it; nothing else does."""
    if not await knows_password(request, context, me, delete_password):
        return _wrong(request, context, me, "delete_password")
    async with context.database.begin() as session:
        files = await context.wallet.erase(session, me.id)
        files = [*files, *await erase_drafts(session, context.blobs, me.citizen_id)]
        has_cases = await let_go_of_cases(session, me.citizen_id)
        await erase_subscriptions(session, me.id, email=me.email, phone=me.phone)
        await erase_devices(session, me.id)
        await erase_account(session, me.id, has_cases=has_cases)
        await forget_account_mails(session, me.addresses)
        record(context, session, "deleted", me.id)
    await context.wallet.forget(files)
    response = RedirectResponse("/account/login?said=deleted", 303)
    response.delete_cookie(ACCOUNT_COOKIE, path="/")
    return response


def _wrong(request: Request, context: Context, me: Account, field: str) -> Response:
    _ = speech(request, context)
    return _page(request, context, me, [FieldError(field, _("The password is wrong."))])


def _page(
    request: Request, context: Context, me: Account, errors: list[FieldError] | None = None
) -> Response:
    page = DataPage(
        mine=mine_of(request, context, me, "data"), today=today(context), errors=errors or ()
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/data.html", page, status=status)
