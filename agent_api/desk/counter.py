"""The counter: an agent files for a citizen who is there, or calls, and hands out a receipt."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api import trail
from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, FilledForm, In
from agent_api.counter import CounterPage, Receipt, ReceiptPage
from agent_api.desk.frame import desk_of, speech
from agent_api.receipt_pdf import receipt_pdf
from cases import Agent, CaseRow, check_counter, list_queues
from cases.access import visible_cases
from citizens import Citizen, citizen_of, find
from core.errors import NotThere
from core.i18n import LOCALES
from core.printing import qr_picture
from core.security import new_token
from core.web import FieldError
from ingest import Attachment

MAX_QUERY = 200  # characters
OWN_FOR = timedelta(days=1)
"""For so long the agent who filed may print the receipt, whoever handles the case."""

FILE = "file"
"""What the button says that files the form."""

routes = APIRouter(prefix="/agent/counter")


@routes.get("")
async def counter(
    request: Request,
    context: In,
    agent: DeskAgent,
    form: str = "",
    q: str = "",
    citizen: UUID | None = None,
    procedure: str = "",
) -> Response:
    """The form, and whom the search finds.

    The form's token is in the address: *back* leads to the very form that was sent, and from there
    to its receipt, and never to a new one that looks the same.
    """
    check_counter(agent)
    if not form:
        url = request.url.include_query_params(form=new_token())
        return RedirectResponse(f"{url.path}?{url.query}", 303)
    reference = await context.counter.reference_of(form, agent_id=agent.id.hex)
    if reference:
        return RedirectResponse(f"/agent/counter/receipts/{reference}", 303)
    values = {
        "citizen": str(citizen or ""),
        "language": context.settings.language,
        "procedure": procedure,
    }
    known = await _with_what_is_known(context, values)
    filled = await _filled(request, context, procedure, FormData(), known)
    page = await _page(request, context, agent, values, q=q[:MAX_QUERY], token=form, filled=filled)
    if q:
        async with context.database.begin() as session:
            trail.citizens_searched(session, context, agent, len(page.found))
    return context.pages.render(request, "desk/counter.html", page)


@routes.post("", dependencies=[Depends(own_signed_form)])
async def file(request: Request, context: In, agent: DeskAgent) -> Response:
    """File it and lead to the receipt; sent again, lead there again.

    Another button than *file* shows the form again: with the procedure that was chosen, or with
    one line more or less in a table.
    """
    check_counter(agent)
    async with request.form() as sent:
        typed = {name: one for name, one in sent.items() if isinstance(one, str)}
        files = await _files(sent)
        fields = await _with_what_is_known(context, typed)
        filled = await _filled(request, context, typed.get("procedure", ""), sent, fields)
    token = typed.get("token", "") or new_token()
    if typed.get("action", FILE) != FILE:
        page = await _page(request, context, agent, typed, token=token, filled=filled)
        return context.pages.render(request, "desk/counter.html", page)
    mistakes = [
        *context.counter.mistakes(fields, files, speech(request, context), filled),
        *(filled.errors if filled else ()),
    ]
    if mistakes or (filled and filled.notice):
        page = await _page(
            request, context, agent, typed, errors=mistakes, token=token, filled=filled
        )
        return context.pages.render(request, "desk/counter.html", page, status=422)
    reference, is_same = await context.counter.file(
        token, fields, files, agent_id=agent.id.hex, by=agent.name, filled=filled
    )
    async with context.database.begin() as session:
        await trail.filed(session, context, agent, reference, again=not is_same)
    again = "" if is_same else "?again=1"
    return RedirectResponse(f"/agent/counter/receipts/{reference}{again}", 303)


@routes.get("/receipts/{reference}")
async def receipt(
    request: Request, context: In, agent: DeskAgent, reference: str, again: bool = False
) -> Response:
    check_counter(agent)
    async with context.database.read() as session:
        found, sees_case = await _receipt(session, context, agent, reference)
        page = ReceiptPage(
            desk=await desk_of(request, context, agent, session),
            receipt=found,
            code=qr_picture(found.tracking_url),
            is_again=again,
            sees_case=sees_case,
        )
    return context.pages.render(request, "desk/receipt.html", page)


@routes.get("/receipts/{reference}/pdf")
async def printed(context: In, agent: DeskAgent, reference: str) -> Response:
    """Opens in the browser, to be printed; all that is in it is ours."""
    check_counter(agent)
    async with context.database.read() as session:
        found, _ = await _receipt(session, context, agent, reference)
    content = await asyncio.to_thread(receipt_pdf, found, context.letterhead.zone)
    async with context.database.begin() as session:
        trail.receipt_printed(session, context, agent, reference)
    headers = {
        "Content-Disposition": f'inline; filename="{reference}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type="application/pdf", headers=headers)


async def _files(sent: FormData) -> list[Attachment]:
    """What came from the scanner and the camera."""
    return [
        Attachment(
            name=part.filename, media_type=part.content_type or "", content=await part.read()
        )
        for part in sent.getlist("documents")
        if isinstance(part, UploadFile) and part.filename
    ]


async def _filled(
    request: Request, context: Context, slug: str, sent: FormData, known: Mapping[str, str]
) -> FilledForm | None:
    """The form of the procedure that was chosen; None for free text, and where it is gone."""
    if not slug:
        return None
    try:
        return await context.counter.filled(slug, sent, known, context.pages.locale_of(request))
    except NotThere:
        return None


async def _with_what_is_known(context: Context, typed: Mapping[str, str]) -> dict[str, str]:
    """The fields that the agent left empty, as they are known of the citizen who is chosen."""
    chosen = await _chosen(context, typed.get("citizen", ""))
    if chosen is None:
        return {**typed, "citizen": ""}
    known = {
        "name": chosen.name,
        "email": next(iter(chosen.emails), ""),
        "phone": next(iter(chosen.phones), ""),
        "postal_address": chosen.postal_address,
    }
    return {**typed, **{name: typed.get(name, "").strip() or known[name] for name in known}}


async def _chosen(context: Context, citizen: str) -> Citizen | None:
    try:
        citizen_id = UUID(citizen)
    except ValueError:
        return None
    async with context.database.read() as session:
        return await citizen_of(session, citizen_id)


async def _page(
    request: Request,
    context: Context,
    agent: Agent,
    values: Mapping[str, str],
    *,
    q: str = "",
    errors: Sequence[FieldError] = (),
    token: str,
    filled: FilledForm | None = None,
) -> CounterPage:
    chosen = await _chosen(context, values.get("citizen", ""))
    async with context.database.read() as session:
        found = await find(session, q, context.settings.country) if q else []
        if chosen and all(one.id != chosen.id for one in found):
            found = [chosen, *found]
        return CounterPage(
            desk=await desk_of(request, context, agent, session),
            token=token,
            queues=await list_queues(session),
            procedures=await context.counter.offered(context.pages.locale_of(request)),
            filled=filled,
            most=context.settings.max_upload,
            q=q,
            found=found,
            values=values,
            errors=errors,
        )


async def _receipt(
    session: AsyncSession, context: Context, agent: Agent, reference: str
) -> tuple[Receipt, bool]:
    """Raises NotThere unless the agent sees the case, or has just filed it."""
    intake = await context.counter.filed(session, reference)
    query = select(CaseRow.id).where(CaseRow.reference == reference, visible_cases(agent))
    sees_case = await session.scalar(query) is not None
    is_own = intake.facts.get("agent") == agent.id.hex
    if not sees_case and not (is_own and context.clock() - intake.received_at < OWN_FOR):
        raise NotThere(f"no receipt {reference}")
    said = intake.facts["receipt"]
    language = said["language"] if said["language"] in LOCALES else context.settings.language
    found = Receipt(
        reference=reference,
        tracking_key=context.letterhead.tracking_key(reference),
        tracking_url=context.letterhead.tracking_url(reference),
        town=context.settings.town,
        subject=said["subject"],
        name=said["name"],
        email=said["email"],
        language=language,
        agent_name=str(intake.facts.get("by", "")),
        at=intake.received_at,
    )
    return found, sees_case
