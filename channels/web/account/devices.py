"""Browsers on which a citizen is told that there is news of their requests, and the script that
shows it there."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import Me, own_form
from channels.web.account.browsers import browser_name
from channels.web.account.context import In
from core.errors import NotThere
from notify import add_device, read_push_keys, remove_device

WORKER = "push-worker.js"

routes = APIRouter(include_in_schema=False)


@routes.get(f"/{WORKER}")
async def worker(context: In) -> Response:
    """At the top, because it may show pages of the folder that it is in and no others.

    A browser keeps it: that its address stays the same is how it is found again.
    """
    content = context.pages.static.content(WORKER)
    headers = {"Cache-Control": "no-cache"}
    return Response(content, media_type="text/javascript", headers=headers)


@routes.post("/me/profile/devices", dependencies=[Depends(own_form)])
async def add(
    request: Request,
    context: In,
    me: Me,
    endpoint: Annotated[str, Form()] = "",
    p256dh: Annotated[str, Form()] = "",
    auth: Annotated[str, Form()] = "",
) -> Response:
    """Raises NotThere while the town tells nobody, BadInput, Refused when there are enough."""
    if not context.settings.push:
        raise NotThere("nobody is told on devices")
    keys = read_push_keys(endpoint, p256dh, auth, private=context.settings.push_private)
    client = browser_name(request.headers.get("user-agent", ""))
    async with context.database.begin() as session:
        await add_device(session, context.clock, me.id, keys, client)
    return RedirectResponse("/me/profile?said=device", 303)


@routes.post("/me/profile/devices/{device_id}/remove", dependencies=[Depends(own_form)])
async def remove(context: In, me: Me, device_id: UUID) -> Response:
    async with context.database.begin() as session:
        await remove_device(session, me.id, device_id)
    return RedirectResponse("/me/profile?said=removed", 303)
