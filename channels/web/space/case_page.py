"""The page of one case, for its citizen or for who has shown its key, and what is sent from it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import CaseRow, track_case, wanted_of, withdraw_case
from cases.procedures import CaseForm, filed_forms, form_of_case, take_back
from cases.wanted import WantedRow
from channels.web.account.frame import notice_of
from channels.web.body import MAX_FIELDS, TooLarge, read_form
from channels.web.space.comments import brought, files_in, hand_in, mistakes, typed_message
from channels.web.space.views import CasePage, WantedLine
from channels.web.space.visits import Town, Visit
from channels.web.submission import MAX_FILES, File
from channels.web.tokens import Nonces
from channels.web.tracked import page_of
from channels.web.views import TrackedCasePage
from core.errors import Later, NotNow, NotThere
from core.i18n import N_, translator
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired
from core.web.files import file_response
from ingest.models import DocumentRow

MAX_SMALL = 16 * 1024  # bytes


async def show(request: Request, town: Town, visit: Visit) -> Response:
    return await _page(request, town, visit)


async def comment(request: Request, town: Town, visit: Visit) -> Response:
    """Take a message, documents that were asked for, or both."""
    _ = translator(town.pages.locale_of(request))
    async with town.database.read() as session:
        case = await visit.case(session)
        wanted = await wanted_of(session, case.id)
        form = await form_of_case(session, case.id)
    try:
        fields = await read_form(
            request, town.settings.max_upload, max_fields=MAX_FIELDS + len(wanted)
        )
    except TooLarge as problem:
        large = FieldError("attachments", _("The files are too large. Send fewer, or smaller."))
        message = typed_message(problem.fields)
        return await _page(request, town, visit, message=message, errors=[large], status=413)
    try:
        return await _comment(request, town, visit, case, fields, wanted, form)
    finally:
        await fields.close()


async def _comment(
    request: Request,
    town: Town,
    visit: Visit,
    case: CaseRow,
    fields: FormData,
    wanted: Sequence[WantedRow],
    form: CaseForm | None,
) -> Response:
    _ = translator(town.pages.locale_of(request))
    nonce = Nonces(town.secret).read(str(fields.get("nonce", "")))
    if nonce is None or not town.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
        raise FormExpired
    files, came = await brought(fields, wanted)
    message, more = typed_message(fields), await _others(town, visit, fields)
    if (message or more) and not takes_comments(form):
        raise NotNow(N_("This procedure takes no messages."))
    files += more
    errors = mistakes(message, files, town.settings.max_upload, _)
    if errors:
        return await _page(request, town, visit, message=message, errors=errors, status=422)
    try:
        await hand_in(
            request, town, visit, case, nonce=nonce, message=message, files=files, came=came
        )
    except Later:
        sorry = _("We cannot take your message at this moment. Please send it again in a minute.")
        error = FieldError("", sorry)
        return await _page(request, town, visit, message=message, errors=[error], status=503)
    return RedirectResponse(f"{visit.base}?said=sent", 303)


async def _others(town: Town, visit: Visit, fields: FormData) -> list[File]:
    """Files of the form, and copies of the wallet's documents."""
    files = await files_in(fields, "attachments")
    if visit.documents is not None:
        async with town.database.read() as session:
            files += await visit.documents.copies(session, fields)
    return files


def takes_comments(form: CaseForm | None) -> bool:
    return form is None or form.procedure.comments.citizen


async def withdraw(request: Request, town: Town, visit: Visit) -> Response:
    await _signed(request, town)
    async with town.database.begin() as session:
        case = await visit.case(session, to_change=True)
        await withdraw_case(session, town.clock, case, visit.actor(case))
    return RedirectResponse(f"{visit.base}?said=withdrawn", 303)


async def take_proposal_back(
    request: Request, town: Town, visit: Visit, proposal_id: UUID
) -> Response:
    await _signed(request, town)
    async with town.database.begin() as session:
        case = await visit.case(session, to_change=True)
        await take_back(session, town.clock, case, proposal_id, visit.actor(case))
    return RedirectResponse(f"{visit.base}?said=taken_back", 303)


async def _signed(request: Request, town: Town) -> None:
    """A form of a button alone. Raises FormExpired."""
    try:
        fields = await read_form(request, MAX_SMALL)
    except TooLarge as problem:
        raise FormExpired from problem
    if not town.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
        raise FormExpired


async def document(request: Request, town: Town, visit: Visit, document_id: UUID) -> Response:
    """A file of a message that they can read; raises NotThere for any other."""
    async with town.database.read() as session:
        shown = await tracked(session, visit, town.pages.locale_of(request))
        ids = {one.id for entry in shown.entries for one in entry.documents}
        row = await session.get(DocumentRow, document_id)
        if row is None or row.id not in ids or row.malware:
            raise NotThere("no such document")
        content = await town.blobs.read(session, row.sha256)
    return file_response(row.name, row.media_type, content)


async def tracked(session: AsyncSession, visit: Visit, locale: str) -> TrackedCasePage:
    """Raises NotThere."""
    case = await visit.case(session)
    found = await track_case(session, visit.reference)
    if found is None:
        raise NotThere(f"no case {visit.reference}")
    forms = await filed_forms(session, [one.message for one in found.messages], locale)
    form = await form_of_case(session, case.id)
    proposals = form.proposals(locale) if form else ()
    return page_of(found, forms, locale, addresses=visit.addresses, proposals=proposals)


async def _page(
    request: Request,
    town: Town,
    visit: Visit,
    *,
    message: str = "",
    errors: Sequence[FieldError] = (),
    status: int = 200,
) -> Response:
    locale = town.pages.locale_of(request)
    async with town.database.read() as session:
        case = await visit.case(session)
        shown = await tracked(session, visit, locale)
        wanted = await wanted_of(session, case.id)
        form = await form_of_case(session, case.id)
        wallet = await visit.documents.choices(session) if visit.documents else ()
    page = CasePage(
        mine=visit.mine,
        notice="" if visit.mine else notice_of(request, locale),
        case=shown,
        base=visit.base,
        nonce=Nonces(town.secret).new(),
        message=message,
        wallet=wallet,
        wanted=[WantedLine(id=row.id, name=row.name) for row in wanted],
        may_change=form is not None and case.status != "closed" and bool(form.pages()),
        max_upload=town.settings.max_upload,
        max_files=MAX_FILES,
        errors=errors,
    )
    return town.pages.render(request, "portal/space/case.html", page, status=status)
