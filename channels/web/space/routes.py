"""The personal space: what waits for the citizen, what is open, what is closed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import CaseRow, cases_of_citizen, hold_case, track_case
from cases.procedures import DraftItem, drafts_of_citizen
from channels.web.account.asking import Me, holder_of, own_form, speech
from channels.web.account.context import In
from channels.web.account.frame import mine_of
from channels.web.space.views import AddPage, CaseLine, DraftLine, SpacePage
from core.references import parse_reference, tracking_key_matches
from core.text import clean_line
from core.web import FieldError

MAX_FIELD = 100  # characters of a reference or a key that are looked at

routes = APIRouter(prefix="/me", include_in_schema=False)


@routes.get("/cases")
async def space(request: Request, context: In, me: Me) -> Response:
    async with context.database.read() as session:
        cases = await cases_of_citizen(session, holder_of(me))
        drafts = await drafts_of_citizen(session, context.clock, me.citizen_id)
    locale = context.pages.locale_of(request)
    page = SpacePage(
        mine=mine_of(request, context, me, "space"),
        drafts=[draft_line(draft, locale) for draft in drafts],
        waiting=[case_line(case) for case in cases if case.status == "waiting"],
        open=[case_line(case) for case in cases if case.status in ("new", "in_progress")],
        closed=[case_line(case) for case in cases if case.status == "closed"],
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


def case_line(row: CaseRow) -> CaseLine:
    return CaseLine(
        reference=row.reference,
        subject=row.subject,
        status=row.status,
        received_at=row.received_at,
        due_at=row.due_at,
    )


def draft_line(draft: DraftItem, locale: str) -> DraftLine:
    return DraftLine(
        title=draft.procedure.called(locale),
        url=draft.path,
        saved_at=draft.saved_at,
        expires_at=draft.expires_at,
    )
