"""Proposing changes to a form that was sent: page by page, as it was filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import CaseRow
from cases.procedures import (
    CaseForm,
    Form,
    ShownPage,
    changeable,
    changed,
    fill_in,
    form_of_case,
    propose,
    say,
    summary,
    typed_again,
)
from cases.procedures.definition import Page
from cases.procedures.fields import ExplanationField, HeadingField
from channels.web.body import TooLarge, read_form
from channels.web.procedures.controls import Reader, controls_of, errors_of, with_labels
from channels.web.procedures.filling import MAX_FIELDS
from channels.web.procedures.reading import typed_of
from channels.web.space.views import ChangePage, ChangesPage
from channels.web.space.visits import Town, Visit
from channels.web.tokens import Nonces
from core.errors import NotThere
from core.i18n import N_, translator
from core.ids import derived_id
from core.web import FieldError
from core.web.csrf import FIELD, FormExpired

MAX_BODY = 1024 * 1024  # bytes: no files
NOTHING = N_("You have not changed anything on this page.")


async def show(request: Request, town: Town, visit: Visit) -> Response:
    """What was sent, as it stands now, each part with a way to change it."""
    locale = town.pages.locale_of(request)
    case, form = await _form(town, visit)
    names = {page.name for page in form.pages()}
    sections = [one for one in summary(form.procedure, form.values, locale) if one.page in names]
    page = ChangesPage(mine=visit.mine, base=visit.base, subject=case.subject, sections=sections)
    return town.pages.render(request, "portal/space/changes.html", page)


async def show_page(request: Request, town: Town, visit: Visit, name: str) -> Response:
    case, form = await _form(town, visit)
    return _render(request, town, visit, case, form, _page_of(form, name))


async def send(request: Request, town: Town, visit: Visit, name: str) -> Response:
    """Enter the proposal; the same form sent twice is one."""
    _case, form = await _form(town, visit)
    page = _page_of(form, name)
    try:
        fields = await read_form(request, MAX_BODY, max_fields=MAX_FIELDS)
    except TooLarge as problem:
        raise FormExpired from problem
    nonce = Nonces(town.secret).read(str(fields.get("nonce", "")))
    if nonce is None or not town.pages.csrf.valid(request, str(fields.get(FIELD, ""))):
        raise FormExpired
    typed = typed_of(changeable(page), fields)
    text = str(fields.get("text", ""))
    async with town.database.begin() as session:
        case = await visit.case(session, to_change=True)
        form = await form_of_case(session, case.id) or form
        after, wrong = changed(form, page, typed, visit.surroundings(town))
        if after and not wrong:
            await propose(
                session,
                town.clock,
                case,
                form,
                after,
                id=derived_id(case.id, f"proposal:{nonce}"),
                text=text,
                actor=visit.actor(case),
            )
            return RedirectResponse(f"{visit.base}?said=proposed", 303)
    return _render(
        request, town, visit, case, form, page, typed=typed, text=text, nothing=not wrong
    )


async def _form(town: Town, visit: Visit) -> tuple[CaseRow, CaseForm]:
    """Raises NotThere when it was opened without a form."""
    async with town.database.read() as session:
        case = await visit.case(session)
        form = await form_of_case(session, case.id)
    if form is None:
        raise NotThere("no form")
    return case, form


def _page_of(form: CaseForm, name: str) -> Page:
    found = next((page for page in form.pages() if page.name == name), None)
    if found is None:
        raise NotThere("no such page")
    return found


def _render(
    request: Request,
    town: Town,
    visit: Visit,
    case: CaseRow,
    form: CaseForm,
    page: Page,
    *,
    typed: Mapping[str, Any] | None = None,
    text: str = "",
    nothing: bool = False,
) -> Response:
    locale = town.pages.locale_of(request)
    around = visit.surroundings(town)
    reader = Reader(locale, translator(locale), around.place.today)
    before = typed_again(form.procedure, form.values)
    filled = fill_in(form.procedure, {**before, **(typed or {})}, around)
    shown = _changeable_part(form, filled, page)
    errors: Sequence[FieldError] = ()
    if typed is not None:
        _after, wrong = changed(form, page, typed, around)
        errors = errors_of(replace(shown, mistakes=wrong), reader)
    problems = with_labels(errors, shown, reader)
    if nothing:
        problems = [FieldError("", reader.translate(NOTHING))]
    view = ChangePage(
        mine=visit.mine,
        base=visit.base,
        subject=case.subject,
        page=page.name,
        heading=say(page.title, locale),
        controls=controls_of(shown, filled, typed or before, errors, reader),
        nonce=Nonces(town.secret).new(),
        text=text,
        errors=problems,
    )
    status = 422 if typed is not None else 200
    return town.pages.render(request, "portal/space/change.html", view, status=status)


def _changeable_part(form: CaseForm, filled: Form, page: Page) -> ShownPage:
    """Without what cannot be changed. Raises NotThere when the page is not shown any more."""
    shown = next((one for one in filled.pages if one.name == page.name), None)
    if shown is None:
        raise NotThere("no such page")
    names = {field.name for field in changeable(page)}
    fields = [
        field
        for field in shown.fields
        if field.name in names or isinstance(field, HeadingField | ExplanationField)
    ]
    return ShownPage(page, fields, ())
