"""The wallet's pages. A document is found by its owner's account, or not at all."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import Me, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.frame import mine_of
from channels.web.account.profile import read_day, today
from channels.web.body import TooLarge, read_form
from channels.web.normalize import media_type_of
from channels.web.wallet.pages import PATIENCE, count_pages
from channels.web.wallet.preview import picture_of
from channels.web.wallet.views import ItemLine, ItemPage, ShareLine, WalletPage
from citizens import Account
from citizens.models import WalletItemRow
from citizens.sharing import Share
from citizens.wallet import Deposit, Full, Infected, Kind, change_item, item_of, items_of, used_of
from core.errors import BadInput, Later, NotThere
from core.processes import WorkerDied
from core.text import clean_line, file_name
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired
from core.web.files import file_response, picture_response
from ocr import MEDIA_TYPE

MAX_NAME = 150  # characters

routes = APIRouter(prefix="/me/wallet", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a form says of a document."""

    name: str
    kind: Kind
    expires_on: str

    @property
    def day(self) -> date | None:
        return read_day(self.expires_on)

    def mistakes(self, request: Request, context: Context) -> list[FieldError]:
        _ = speech(request, context)
        if self.expires_on and self.day is None:
            return [FieldError("expires_on", _("This is no date. One looks like 31/12/2030."))]
        return []


@routes.get("")
async def wallet(request: Request, context: In, me: Me) -> Response:
    return await _wallet(request, context, me)


@routes.post("")
async def upload(request: Request, context: In, me: Me) -> Response:
    _ = speech(request, context)
    try:
        fields = await read_form(request, context.settings.max_upload)
    except TooLarge:
        error = FieldError("file", _("The file is too large."))
        return await _wallet(request, context, me, errors=[error], status=413)
    try:
        if not context.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
            raise FormExpired
        return await _upload(request, context, me, fields)
    finally:
        await fields.close()


async def _upload(request: Request, context: Context, me: Account, fields: FormData) -> Response:
    _ = speech(request, context)
    typed = _typed(*(str(fields.get(name, "")) for name in ("name", "kind", "expires_on")))
    file, errors = fields.get("file"), typed.mistakes(request, context)
    if not isinstance(file, UploadFile) or not file.filename:
        errors = [FieldError("file", _("Choose a file.")), *errors]
        return await _wallet(request, context, me, typed, errors=errors, status=422)
    if errors:
        return await _wallet(request, context, me, typed, errors=errors, status=422)
    content, given = await file.read(), file_name(file.filename, _("Document"))
    deposit = Deposit(
        name=typed.name or given,
        kind=typed.kind,
        media_type=media_type_of(file.content_type or "", given),
        content=content,
        pages=await count_pages(context, content),
        expires_on=typed.day,
    )
    try:
        await context.wallet.put(me.id, deposit)
    except Full:
        error = FieldError(
            "file", _("Your wallet is full. Remove documents that you need no more.")
        )
    except Infected:
        error = FieldError("file", _("This file carries a virus, so we do not keep it."))
    except Later:
        error = FieldError("file", _("We cannot take the file at this moment. Try again later."))
    else:
        return RedirectResponse("/me/wallet?said=uploaded", 303)
    return await _wallet(request, context, me, typed, errors=[error], status=422)


@routes.get("/{item_id}")
async def item(request: Request, context: In, me: Me, item_id: UUID, page: int = 1) -> Response:
    return await _item(request, context, me, item_id, page=page)


@routes.post("/{item_id}", dependencies=[Depends(own_form)])
async def change(
    request: Request,
    context: In,
    me: Me,
    item_id: UUID,
    name: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    expires_on: Annotated[str, Form()] = "",
) -> Response:
    typed = _typed(name, kind, expires_on)
    errors = typed.mistakes(request, context)
    async with context.database.begin() as session:
        row = await item_of(session, me.id, item_id)
        if not errors:
            await change_item(
                session,
                me.id,
                item_id,
                name=typed.name or row.name,
                kind=typed.kind,
                expires_on=typed.day,
                today=today(context),
            )
    if errors:
        return await _item(request, context, me, item_id, errors=errors, typed=typed)
    return RedirectResponse(f"/me/wallet/{item_id}?said=saved", 303)


@routes.post("/{item_id}/remove", dependencies=[Depends(own_form)])
async def remove(context: In, me: Me, item_id: UUID) -> Response:
    await context.wallet.remove(me.id, item_id)
    return RedirectResponse("/me/wallet?said=removed", 303)


@routes.get("/{item_id}/file")
async def download(context: In, me: Me, item_id: UUID) -> Response:
    async with context.database.read() as session:
        row = await item_of(session, me.id, item_id)
        content = await context.wallet.content(session, me.id, item_id)
    return file_response(row.name, row.media_type, content)


@routes.get("/{item_id}/pages/{number}")
async def picture(context: In, me: Me, item_id: UUID, number: int) -> Response:
    async with context.database.read() as session:
        row = await item_of(session, me.id, item_id)
        if not 1 <= number <= row.pages:
            raise NotThere("no such page")
        content = await context.wallet.content(session, me.id, item_id)
    try:
        async with asyncio.timeout(PATIENCE):
            shown = await context.viewers.run(picture_of, content, number, context.page_limits)
    except TimeoutError as problem:
        context.viewers.restart()
        raise NotThere("it takes too long to show") from problem
    except (WorkerDied, BadInput) as problem:
        raise NotThere("it cannot be shown") from problem
    answer = picture_response(shown, MEDIA_TYPE, f"{row.sha256[:16]}-{number}")
    answer.headers["Cache-Control"] = "private, no-store"  # the browser may be a library's
    return answer


@routes.post("/shares/{share_id}/revoke", dependencies=[Depends(own_form)])
async def revoke(context: In, me: Me, share_id: UUID) -> Response:
    async with context.database.begin() as session:
        await context.sharing.revoke(session, me.id, share_id)
    return RedirectResponse("/me/wallet?said=revoked", 303)


def _typed(name: str, kind: str, expires_on: str) -> Typed:
    chosen = Kind(kind) if kind in {*Kind} else Kind.OTHER
    return Typed(clean_line(name)[:MAX_NAME], chosen, clean_line(expires_on))


async def _wallet(
    request: Request,
    context: Context,
    me: Account,
    typed: Typed | None = None,
    *,
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response:
    typed = typed or Typed("", Kind.OTHER, "")
    async with context.database.read() as session:
        rows = await items_of(session, me.id)
        used = await used_of(session, me.id)
        shares = await context.sharing.shares(session, me.id)
    page = WalletPage(
        mine=mine_of(request, context, me, "wallet"),
        items=[_line(row, today(context)) for row in rows],
        shares=[_share(share) for share in shares],
        used=used,
        quota=context.wallet.quota,
        name=typed.name,
        kind=typed.kind,
        expires_on=typed.expires_on,
        errors=errors or (),
    )
    return context.pages.render(request, "portal/wallet/wallet.html", page, status=status)


async def _item(
    request: Request,
    context: Context,
    me: Account,
    item_id: UUID,
    *,
    page: int = 1,
    errors: list[FieldError] | None = None,
    typed: Typed | None = None,
) -> Response:
    async with context.database.read() as session:
        row = await item_of(session, me.id, item_id)
        shares = await context.sharing.shares(session, me.id)
    expires = f"{row.expires_on:%d/%m/%Y}" if row.expires_on else ""
    shown = ItemPage(
        mine=mine_of(request, context, me, "wallet"),
        item=_line(row, today(context)),
        page=min(max(page, 1), max(row.pages, 1)),
        expires_on=typed.expires_on if typed else expires,
        shares=[_share(share) for share in shares if share.item_id == item_id],
        errors=errors or (),
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/wallet/item.html", shown, status=status)


def _line(row: WalletItemRow, now: date) -> ItemLine:
    return ItemLine(
        id=row.id,
        name=row.name,
        kind=row.kind,
        size=row.size,
        pages=row.pages,
        expires_on=row.expires_on,
        days_left=(row.expires_on - now).days if row.expires_on else None,
        by_town=row.source == "town",
        created_at=row.created_at,
    )


def _share(share: Share) -> ShareLine:
    return ShareLine(
        id=share.id,
        item_id=share.item_id,
        name=share.name,
        label=share.label,
        taken=share.taken,
    )
