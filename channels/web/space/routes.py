"""The personal space: what waits for the citizen, what is open, what is closed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import CaseRow, case_of_citizen, cases_of_citizen, hold_case, track_case, withdraw_case
from cases.procedures import filed_forms
from channels.web.account.asking import Me, holder_of, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.frame import mine_of
from channels.web.body import TooLarge, read_form
from channels.web.space.comments import attached, hand_in, mistakes, typed_message
from channels.web.space.views import AddPage, CaseLine, CasePage, Choice, SpacePage
from channels.web.submission import MAX_FILES
from channels.web.tokens import Nonces
from channels.web.tracked import page_of
from channels.web.views import TrackedCasePage
from citizens import Account
from citizens.wallet import items_of
from core.errors import Later, NotThere
from core.references import parse_reference, tracking_key_matches
from core.text import clean_line
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired
from core.web.files import file_response
from feeds.subscriptions import news_at_home
from ingest.models import DocumentRow

MAX_FIELD = 100  # characters of a reference or a key that are looked at

routes = APIRouter(prefix="/me", include_in_schema=False)


@routes.get("")
async def space(request: Request, context: In, me: Me) -> Response:
    async with context.database.read() as session:
        cases = await cases_of_citizen(session, holder_of(me))
        locale = context.pages.locale_of(request)
        news = await news_at_home(session, me.id, locale, now=context.clock())
    page = SpacePage(
        mine=mine_of(request, context, me, "space"),
        waiting=[_line(case) for case in cases if case.status == "waiting"],
        open=[_line(case) for case in cases if case.status in ("new", "in_progress")],
        closed=[_line(case) for case in cases if case.status == "closed"],
        news=news,
    )
    return context.pages.render(request, "portal/space/space.html", page)


@routes.get("/add")
async def add_form(request: Request, context: In, me: Me, reference: str = "") -> Response:
    page = AddPage(
        mine=mine_of(request, context, me, "space"), reference=clean_line(reference[:MAX_FIELD])
    )
    return context.pages.render(request, "portal/space/add.html", page)


@routes.post("/add", dependencies=[Depends(own_form)])
async def add(
    request: Request,
    context: In,
    me: Me,
    reference: Annotated[str, Form()] = "",
    tracking_key: Annotated[str, Form()] = "",
) -> Response:
    """Who shows reference and key of a case has filed it: it is theirs from now on."""
    reference, key = clean_line(reference[:MAX_FIELD]), clean_line(tracking_key[:MAX_FIELD])
    wanted, client = parse_reference(reference) or reference, context.client(request)
    await context.limits.wrong_keys.check(f"{wanted} {client}")
    async with context.database.begin() as session:
        right = tracking_key_matches(context.secret, wanted, key)
        tracked = await track_case(session, wanted) if right else None
        if tracked is not None:
            await hold_case(session, context.clock, me.citizen_id, tracked.case.id)
    if tracked is not None:
        return RedirectResponse(f"/me/cases/{wanted}?said=added", 303)
    await context.limits.wrong_keys.count(f"{wanted} {client}")
    _ = speech(request, context)
    wrong = _("We find no request with this reference and this key. Please check both.")
    page = AddPage(
        mine=mine_of(request, context, me, "space"),
        reference=reference,
        tracking_key=key,
        errors=[FieldError("reference", wrong)],
    )
    return context.pages.render(request, "portal/space/add.html", page, status=404)


@routes.get("/cases/{reference}")
async def case(request: Request, context: In, me: Me, reference: str) -> Response:
    return await _page(request, context, me, reference)


@routes.post("/cases/{reference}/comments")
async def comment(request: Request, context: In, me: Me, reference: str) -> Response:
    _ = speech(request, context)
    async with context.database.read() as session:
        await case_of_citizen(session, holder_of(me), reference)
    try:
        fields = await read_form(request, context.settings.max_upload)
    except TooLarge as problem:
        too_large = FieldError("attachments", _("The files are too large. Send fewer, or smaller."))
        message = typed_message(problem.fields)
        return await _page(
            request, context, me, reference, message=message, errors=[too_large], status=413
        )
    try:
        return await _comment(request, context, me, reference, fields)
    finally:
        await fields.close()


async def _comment(
    request: Request, context: Context, me: Account, reference: str, fields: FormData
) -> Response:
    _ = speech(request, context)
    token, message = str(fields.get("nonce", "")), typed_message(fields)
    nonce = Nonces(context.secret).read(token)
    if nonce is None or not context.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
        raise FormExpired
    async with context.database.read() as session:
        files = await attached(session, context, me, fields)
    errors = mistakes(message, files, context.settings.max_upload, _)
    if errors:
        return await _page(
            request, context, me, reference, message=message, errors=errors, status=422
        )
    try:
        await hand_in(request, context, me, reference, nonce=nonce, message=message, files=files)
    except Later:
        sorry = _("We cannot take your message at this moment. Please send it again in a minute.")
        error = FieldError("", sorry)
        return await _page(
            request, context, me, reference, message=message, errors=[error], status=503
        )
    return RedirectResponse(f"/me/cases/{reference}?said=sent", 303)


@routes.post("/cases/{reference}/withdraw", dependencies=[Depends(own_form)])
async def withdraw(context: In, me: Me, reference: str) -> Response:
    async with context.database.begin() as session:
        await withdraw_case(session, context.clock, holder_of(me), reference)
    return RedirectResponse(f"/me/cases/{reference}?said=withdrawn", 303)


@routes.get("/cases/{reference}/documents/{document_id}")
async def document(context: In, me: Me, reference: str, document_id: UUID) -> Response:
    """A file of a message that they can read; raises NotThere for any other."""
    async with context.database.read() as session:
        shown = await _tracked(session, me, reference)
        ids = {one.id for entry in shown.entries for one in entry.documents}
        row = await session.get(DocumentRow, document_id)
        if row is None or row.id not in ids or row.malware:
            raise NotThere("no such document")
        content = await context.blobs.read(session, row.sha256)
    return file_response(row.name, row.media_type, content)


async def _tracked(session: AsyncSession, me: Account, reference: str) -> TrackedCasePage:
    await case_of_citizen(session, holder_of(me), reference)
    tracked = await track_case(session, reference)
    if tracked is None:
        raise NotThere(f"no case {reference}")
    forms = await filed_forms(session, [one.message for one in tracked.messages], me.language)
    return page_of(tracked, forms, me.language, addresses=me.addresses)


async def _page(
    request: Request,
    context: Context,
    me: Account,
    reference: str,
    *,
    message: str = "",
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response:
    async with context.database.read() as session:
        shown = await _tracked(session, me, reference)
        items = await items_of(session, me.id)
    page = CasePage(
        mine=mine_of(request, context, me, "space"),
        case=shown,
        nonce=Nonces(context.secret).new(),
        message=message,
        wallet=[Choice(id=row.id, name=row.name, size=row.size) for row in items],
        max_upload=context.settings.max_upload,
        max_files=MAX_FILES,
        errors=errors or (),
    )
    return context.pages.render(request, "portal/space/case.html", page, status=status)


def _line(row: CaseRow) -> CaseLine:
    return CaseLine(
        reference=row.reference,
        subject=row.subject,
        status=row.status,
        received_at=row.received_at,
        due_at=row.due_at,
    )
