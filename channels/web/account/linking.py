"""Links by mail: to open an account, to choose a new password, to prove another address.

Who asks for one is told the same whatever the address is. A link shows a page, and works when that
page's form is sent: programs that look at links before their reader does use up none.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import hold_cases_of
from channels.web.account.asking import LOGIN, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.entering import start_session
from channels.web.account.names import NOBODY, name_mistakes
from channels.web.account.secrets import password_mistake
from channels.web.account.trail import record
from channels.web.account.views import AskPage, LinkPage, SentPage
from channels.web.fields import email_address
from citizens import Name, account_id_of, former
from citizens.accounts import account, create_account, set_email, set_password
from citizens.links import LIVES, Purpose, drop_links, find_link, new_link, use_link
from citizens.models import AccountLinkRow
from citizens.passwords import MIN_PASSWORD
from citizens.sessions import end_sessions
from core.errors import NotThere, Refused
from core.ratelimit import TooMany
from core.text import clean_line
from core.web import FieldError
from feeds.subscriptions import follow_account
from notify import AccountKind

MAILED = (Purpose.REGISTER, Purpose.RECOVER, Purpose.EMAIL)
Asked = Literal["register", "recover"]

routes = APIRouter(prefix="/account", include_in_schema=False)


@routes.get("/register")
async def register_form(request: Request, context: In) -> Response:
    return _ask(request, context, AskPage(purpose="register"))


@routes.get("/recover")
async def recover_form(request: Request, context: In) -> Response:
    return _ask(request, context, AskPage(purpose="recover"))


@routes.post("/register", dependencies=[Depends(own_form)])
async def register(request: Request, context: In, email: Annotated[str, Form()] = "") -> Response:
    return await _asked(request, context, "register", email)


@routes.post("/recover", dependencies=[Depends(own_form)])
async def recover(request: Request, context: In, email: Annotated[str, Form()] = "") -> Response:
    return await _asked(request, context, "recover", email)


@routes.get("/sent/{purpose}")
async def sent(request: Request, context: In, purpose: Asked) -> Response:
    page = SentPage(purpose=purpose, kept=not context.settings.smarthost)
    return context.pages.render(request, "portal/account/sent.html", page)


@routes.get("/link/{token}")
async def show_link(request: Request, context: In, token: str) -> Response:
    try:
        async with context.database.read() as session:
            link = await find_link(session, context.clock, token, *MAILED)
    except NotThere:
        return context.pages.render(request, "portal/account/gone.html", status=404)
    return _link(request, context, link, token)


@routes.post("/link/{token}", dependencies=[Depends(own_form)])
async def follow_link(
    request: Request,
    context: In,
    token: str,
    given_name: Annotated[str, Form()] = "",
    family_name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    name = Name(clean_line(given_name), clean_line(family_name))
    try:
        async with context.database.read() as session:
            link = await find_link(session, context.clock, token, *MAILED)
        if link.purpose == Purpose.EMAIL:
            return await _change_address(request, context, token)
        errors = await _mistakes(request, context, link, name, password)
        if errors:
            return _link(request, context, link, token, name=name, errors=errors)
        if link.purpose == Purpose.REGISTER:
            return await _open_account(request, context, token, name, password)
        return await _new_password(context, token, password)
    except (NotThere, Refused):
        return context.pages.render(request, "portal/account/gone.html", status=404)


async def _asked(request: Request, context: Context, purpose: Asked, email: str) -> Response:
    await context.limits.asking.count(context.client(request))
    address = email_address(clean_line(email))
    if address is None:
        _ = speech(request, context)
        wrong = _("This is not an e-mail address. One looks like camille@example.org.")
        page = AskPage(purpose=purpose, email=email, errors=[FieldError("email", wrong)])
        return _ask(request, context, page, status=422)
    try:
        await context.limits.mails.count(address)
    except TooMany:  # which would tell that somebody else has asked
        pass
    else:
        await _send_link(request, context, Purpose(purpose), address)
    return RedirectResponse(f"/account/sent/{purpose}", 303)


async def _send_link(request: Request, context: Context, purpose: Purpose, address: str) -> None:
    """One transaction whatever the address is, so that time tells nothing either."""
    async with context.database.begin() as session:
        account_id = await account_id_of(session, address)
        token = await new_link(
            session, context.clock, purpose, email=address, account_id=account_id
        )
        kind, link = AccountKind(purpose), context.url(f"/account/link/{token}")
        hours = int(LIVES[purpose].total_seconds() / 3600)
        if purpose is Purpose.RECOVER and account_id is None:
            return  # the link works for nobody
        if purpose is Purpose.REGISTER and account_id is not None:
            kind, link, hours = AccountKind.KNOWN, context.url(LOGIN), 0
        await context.mails.queue(
            session,
            kind,
            address=address,
            language=context.pages.locale_of(request),
            link=link,
            hours=hours,
        )


async def _mistakes(
    request: Request, context: Context, link: AccountLinkRow, name: Name, password: str
) -> list[FieldError]:
    _ = speech(request, context)
    errors = []
    if link.purpose == Purpose.REGISTER:
        errors += name_mistakes(name, _)
    mistake = await password_mistake(context, password, (link.email, name.whole), _)
    return [*errors, FieldError("password", mistake)] if mistake else errors


async def _open_account(
    request: Request, context: Context, token: str, name: Name, password: str
) -> Response:
    async with context.database.begin() as session:
        link = await use_link(session, context.clock, token, Purpose.REGISTER)
        account_id = await create_account(
            session,
            context.clock,
            email=link.email,
            name=name,
            password=password,
            language=context.pages.locale_of(request),
        )
        record(context, session, "created", account_id)
    return await start_session(request, context, account_id)


async def _new_password(context: Context, token: str, password: str) -> Response:
    async with context.database.begin() as session:
        link = await use_link(session, context.clock, token, Purpose.RECOVER)
        if link.account_id is None:
            raise NotThere("no account")
        await set_password(session, link.account_id, password)
        await end_sessions(session, link.account_id)
        await drop_links(session, link.account_id)
        record(context, session, "password_changed", link.account_id)
    return RedirectResponse(f"{LOGIN}?said=password", 303)


async def _change_address(request: Request, context: Context, token: str) -> Response:
    _ = speech(request, context)
    async with context.database.begin() as session:
        link = await use_link(session, context.clock, token, Purpose.EMAIL)
        before = await account(session, link.account_id) if link.account_id else None
        if before is None:
            raise NotThere("no account")
        mine, clock = before.citizen_id, context.clock
        await hold_cases_of(session, clock, mine, sender=mine, address=before.email)
        if other := await former(session, link.email):
            await hold_cases_of(session, clock, mine, sender=other, address=link.email)
        await set_email(session, clock, before.id, link.email)
        await follow_account(session, clock, before.id, email=link.email, phone=before.phone)
        await context.mails.queue(
            session,
            AccountKind.SECURED,
            address=before.email,
            language=before.language,
            link=context.url("/me/security"),
            what=_("the e-mail address"),
        )
        record(context, session, "address_changed", before.id)
    return RedirectResponse("/me/profile?said=email", 303)


def _ask(request: Request, context: Context, page: AskPage, *, status: int = 200) -> Response:
    if page.purpose == "register" and not context.settings.accounts:
        raise NotThere("accounts are switched off")
    return context.pages.render(request, "portal/account/ask.html", page, status=status)


def _link(
    request: Request,
    context: Context,
    link: AccountLinkRow,
    token: str,
    *,
    name: Name = NOBODY,
    errors: list[FieldError] | None = None,
) -> Response:
    page = LinkPage(
        purpose=link.purpose,
        token=token,
        email=link.email,
        given_name=name.given,
        family_name=name.family,
        min_password=MIN_PASSWORD,
        errors=errors or (),
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/link.html", page, status=status)
