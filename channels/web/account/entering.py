"""Signing in and out: by password, with a code where a second factor is set, or by a passkey."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from channels.web.account.asking import LOGIN, account_at, own_form, speech
from channels.web.account.browsers import browser_name
from channels.web.account.context import Context, In
from channels.web.account.views import CodePage, SignInPage
from channels.web.fields import MAX_ADDRESS
from citizens.accounts import account, check_password
from citizens.links import Purpose, new_link, use_link
from citizens.passkeys import MAX_ANSWER, account_of_passkey, challenge_in, request_options
from citizens.passwords import MAX_PASSWORD
from citizens.second_factor import check_code
from citizens.sessions import SESSION_LENGTH, close_session, open_session
from core.errors import NotThere, Refused
from core.i18n import N_
from core.text import clean_line
from core.web import FieldError
from core.web.csrf import ACCOUNT_COOKIE
from core.web.forms import own_path

HOME = "/me"
HALF_COOKIE = "guichet_half"
"""That the password was right, until the code comes."""
HALF_LIFE = 600  # seconds
MAX_CODE = 40  # characters
NOTICES = {
    "out": N_("You are signed out."),
    "password": N_("Your password is changed. Sign in with the new one."),
    "deleted": N_("Your account is deleted, and all that was in it."),
}

routes = APIRouter(prefix="/account", include_in_schema=False)


@routes.get("/login")
async def form(request: Request, context: In, next: str = "", said: str = "") -> Response:
    if await account_at(request, context):
        return RedirectResponse(own_path(next, "/", HOME), 303)
    return _page(request, context, next=next, notice=NOTICES.get(said, ""))


@routes.post("/login", dependencies=[Depends(own_form)])
async def sign_in(
    request: Request,
    context: In,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    address = clean_line(email).lower()[:MAX_ADDRESS]
    client = context.client(request)
    await context.limits.logins.check(address, client)
    try:
        account_id = await check_password(context.database, address, password[:MAX_PASSWORD])
    except Refused:
        await context.limits.logins.wrong(address, client)
        _ = speech(request, context)
        wrong = FieldError("email", _("The address or the password is wrong."))
        return _page(request, context, email=address, next=next, errors=[wrong], status=401)
    async with context.database.read() as session:
        found = await account(session, account_id)
    if found is not None and found.second_factor:
        response = RedirectResponse(f"/account/code?next={quote(next)}", 303)
        half = str(_halves(context).dumps(account_id.hex))
        _set_cookie(response, context, HALF_COOKIE, half, HALF_LIFE, path="/account")
        return response
    return await start_session(request, context, account_id, next)


@routes.get("/code")
async def code_form(request: Request, context: In, next: str = "") -> Response:
    if _half(request, context) is None:
        return RedirectResponse(LOGIN, 303)
    return context.pages.render(request, "portal/account/code.html", CodePage(next=next))


@routes.post("/code", dependencies=[Depends(own_form)])
async def sign_in_with_code(
    request: Request,
    context: In,
    code: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    account_id = _half(request, context)
    if account_id is None:
        return RedirectResponse(LOGIN, 303)
    # Of codes there are few: it is the account that is guarded, whoever tries.
    client = context.client(request)
    await context.limits.logins.check(f"code {account_id}", client)
    try:
        async with context.database.begin() as session:
            given = code[:MAX_CODE]
            await check_code(session, context.clock, context.secret, account_id, given)
    except Refused:
        await context.limits.logins.wrong(f"code {account_id}", client)
        _ = speech(request, context)
        wrong = FieldError("code", _("This code is wrong, or was used already."))
        page = CodePage(next=next, errors=[wrong])
        return context.pages.render(request, "portal/account/code.html", page, status=401)
    response = await start_session(request, context, account_id, next)
    response.delete_cookie(HALF_COOKIE, path="/account")
    return response


@routes.post("/passkey/options", dependencies=[Depends(own_form)])
async def passkey_options(request: Request, context: In) -> Response:
    await context.limits.logins.by_client.count(context.client(request))
    async with context.database.begin() as session:
        challenge = await new_link(session, context.clock, Purpose.ENTER)
    return JSONResponse(request_options(context.site, challenge))


@routes.post("/passkey", dependencies=[Depends(own_form)])
async def sign_in_with_passkey(
    request: Request,
    context: In,
    answer: Annotated[str, Form(max_length=MAX_ANSWER)] = "",
    next: Annotated[str, Form()] = "",
) -> Response:
    client = context.client(request)
    await context.limits.logins.by_client.count(client)
    try:
        async with context.database.begin() as session:
            challenge = challenge_in(answer)
            await use_link(session, context.clock, challenge, Purpose.ENTER)
            account_id = await account_of_passkey(
                session, context.clock, context.site, answer=answer, challenge=challenge
            )
    except (Refused, NotThere):
        _ = speech(request, context)
        wrong = FieldError("", _("This passkey does not open an account here."))
        return _page(request, context, next=next, errors=[wrong], status=401)
    return await start_session(request, context, account_id, next)


@routes.post("/logout", dependencies=[Depends(own_form)])
async def sign_out(request: Request, context: In) -> Response:
    async with context.database.begin() as session:
        await close_session(session, request.cookies.get(ACCOUNT_COOKIE, ""))
    response = RedirectResponse(f"{LOGIN}?said=out", 303)
    response.delete_cookie(ACCOUNT_COOKIE, path="/")
    return response


async def start_session(
    request: Request, context: Context, account_id: UUID, next: str = HOME
) -> Response:
    """A session with a token of its own: none from before is taken over (session fixation)."""
    async with context.database.begin() as session:
        await close_session(session, request.cookies.get(ACCOUNT_COOKIE, ""))
        client = browser_name(request.headers.get("user-agent", ""))
        token = await open_session(session, context.clock, account_id, client)
    response = RedirectResponse(own_path(next, "/", HOME), 303)
    length = int(SESSION_LENGTH.total_seconds())
    _set_cookie(response, context, ACCOUNT_COOKIE, token, length, path="/")
    return response


def _set_cookie(
    response: Response, context: Context, name: str, value: str, max_age: int, path: str
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=path,
        secure=context.settings.https_only,
        httponly=True,
        samesite="lax",
    )


def _halves(context: Context) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.secret, salt="guichet.account.half")


def _half(request: Request, context: Context) -> UUID | None:
    try:
        held = request.cookies.get(HALF_COOKIE, "")
        return UUID(hex=_halves(context).loads(held, max_age=HALF_LIFE))
    except BadData:
        return None


def _page(
    request: Request,
    context: Context,
    *,
    email: str = "",
    next: str = "",
    notice: str = "",
    errors: list[FieldError] | None = None,
    status: int = 200,
) -> Response:
    _ = speech(request, context)
    page = SignInPage(
        email=email,
        next=own_path(next, "/", HOME),
        notice=_(notice) if notice else "",
        may_register=context.settings.accounts,
        errors=errors or (),
    )
    return context.pages.render(request, "portal/account/login.html", page, status=status)
