"""What protects the account: password, second factor, passkeys, and where it is signed in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from channels.web.account.asking import Me, knows_password, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.entering import start_session
from channels.web.account.frame import mine_of
from channels.web.account.secrets import password_mistake
from channels.web.account.trail import record
from channels.web.account.views import (
    PasskeyLine,
    RecoveryCodesPage,
    SecondFactorPage,
    SecurityPage,
    SessionLine,
)
from citizens import Account
from citizens.accounts import set_password
from citizens.links import Purpose, drop_links, new_link, use_link
from citizens.passkeys import (
    MAX_ANSWER,
    Owner,
    add_passkey,
    challenge_in,
    creation_options,
    passkeys_of,
    remove_passkey,
)
from citizens.passwords import MIN_PASSWORD
from citizens.second_factor import (
    new_secret,
    provisioning_uri,
    recovery_codes_left,
    set_up,
    step_of,
    switch_off,
)
from citizens.sessions import end_session, end_sessions, is_this, sessions_of
from core.errors import NotThere, Refused
from core.text import clean_line
from core.web import FieldError
from core.web.csrf import ACCOUNT_COOKIE
from notify import AccountKind

SETTING_LIFE = 3600  # seconds that the page with the QR code may stay open

routes = APIRouter(prefix="/me/security", include_in_schema=False)


@routes.get("")
async def security(request: Request, context: In, me: Me) -> Response:
    return await _page(request, context, me)


@routes.post("/password", dependencies=[Depends(own_form)])
async def change_password(
    request: Request,
    context: In,
    me: Me,
    password: Annotated[str, Form()] = "",
    new_password: Annotated[str, Form()] = "",
) -> Response:
    _ = speech(request, context)
    mistake = await password_mistake(context, new_password, (me.email, me.name), _)
    errors = [FieldError("new_password", mistake)] if mistake else []
    if not errors and not await knows_password(request, context, me, password):
        errors = [FieldError("password", _("The password is wrong."))]
    if errors:
        return await _page(request, context, me, errors=errors)
    async with context.database.begin() as session:
        await set_password(session, me.id, new_password)
        await end_sessions(session, me.id)
        await drop_links(session, me.id)
        record(context, session, "password_changed", me.id)
        await _tell(context, session, me, _("the password"))
    return await start_session(request, context, me.id, "/me/security?said=password")


@routes.post("/sessions/end", dependencies=[Depends(own_form)])
async def end_all(request: Request, context: In, me: Me) -> Response:
    """Sign out everywhere, here too."""
    async with context.database.begin() as session:
        await end_sessions(session, me.id)
    response = RedirectResponse("/account/login?said=out", 303)
    response.delete_cookie(ACCOUNT_COOKIE, path="/")
    return response


@routes.post("/sessions/{session_id}/end", dependencies=[Depends(own_form)])
async def end_one(context: In, me: Me, session_id: UUID) -> Response:
    async with context.database.begin() as session:
        await end_session(session, me.id, session_id)
    return RedirectResponse("/me/security?said=ended", 303)


@routes.get("/second-factor")
async def second_factor(request: Request, context: In, me: Me) -> Response:
    return _setting_page(request, context, me, new_secret())


@routes.post("/second-factor", dependencies=[Depends(own_form)])
async def switch_on(
    request: Request,
    context: In,
    me: Me,
    setting: Annotated[str, Form()] = "",
    code: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    _ = speech(request, context)
    try:
        owner, totp_secret = _settings(context).loads(setting, max_age=SETTING_LIFE)
    except BadData:
        owner, totp_secret = "", ""
    if owner != me.id.hex:
        return RedirectResponse("/me/security/second-factor", 303)
    step = step_of(totp_secret, code, context.clock())
    if step is None:
        wrong = _("This code is wrong. Does your telephone show the right time?")
        errors = [FieldError("code", wrong)]
        return _setting_page(request, context, me, totp_secret, errors=errors)
    if not await knows_password(request, context, me, password):
        errors = [FieldError("password", _("The password is wrong."))]
        return _setting_page(request, context, me, totp_secret, errors=errors)
    async with context.database.begin() as session:
        codes = await set_up(session, context.secret, me.id, totp_secret, step)
        record(context, session, "second_factor_on", me.id)
        await _tell(context, session, me, _("the second factor is on"))
    page = RecoveryCodesPage(mine=mine_of(request, context, me, "security"), codes=codes)
    return context.pages.render(request, "portal/account/recovery_codes.html", page)


@routes.post("/second-factor/off", dependencies=[Depends(own_form)])
async def switch_it_off(
    request: Request, context: In, me: Me, factor_password: Annotated[str, Form()] = ""
) -> Response:
    _ = speech(request, context)
    if not await knows_password(request, context, me, factor_password):
        errors = [FieldError("factor_password", _("The password is wrong."))]
        return await _page(request, context, me, errors=errors)
    async with context.database.begin() as session:
        await switch_off(session, me.id)
        record(context, session, "second_factor_off", me.id)
        await _tell(context, session, me, _("the second factor is off"))
    return RedirectResponse("/me/security?said=off", 303)


@routes.post("/passkeys/options", dependencies=[Depends(own_form)])
async def passkey_options(context: In, me: Me) -> Response:
    async with context.database.begin() as session:
        challenge = await new_link(session, context.clock, Purpose.PASSKEY, account_id=me.id)
        owner = Owner(me.id, me.email, me.name)
        options = await creation_options(session, context.site, owner, challenge)
    return JSONResponse(options)


@routes.post("/passkeys", dependencies=[Depends(own_form)])
async def keep_passkey(
    request: Request,
    context: In,
    me: Me,
    answer: Annotated[str, Form(max_length=MAX_ANSWER)] = "",
    name: Annotated[str, Form()] = "",
) -> Response:
    _ = speech(request, context)
    try:
        async with context.database.begin() as session:
            challenge = challenge_in(answer)
            link = await use_link(session, context.clock, challenge, Purpose.PASSKEY)
            if link.account_id != me.id:
                raise Refused("somebody else's challenge")
            await add_passkey(
                session,
                context.clock,
                context.site,
                me.id,
                answer=answer,
                challenge=challenge,
                name=clean_line(name) or _("Passkey"),
            )
            record(context, session, "passkey_added", me.id)
            await _tell(context, session, me, _("a passkey was added"))
    except (Refused, NotThere):
        wrong = FieldError("", _("The passkey could not be kept. Please try once more."))
        return await _page(request, context, me, errors=[wrong])
    return RedirectResponse("/me/security?said=passkey", 303)


@routes.post("/passkeys/{passkey_id}/remove", dependencies=[Depends(own_form)])
async def forget_passkey(context: In, me: Me, passkey_id: UUID) -> Response:
    async with context.database.begin() as session:
        await remove_passkey(session, me.id, passkey_id)
        record(context, session, "passkey_removed", me.id)
    return RedirectResponse("/me/security?said=removed", 303)


async def _tell(context: Context, session: AsyncSession, me: Account, what: str) -> None:
    await context.mails.queue(
        session,
        AccountKind.SECURED,
        address=me.email,
        language=me.language,
        link=context.url("/me/security"),
        what=what,
    )


def _settings(context: Context) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(context.secret, salt="guichet.account.second-factor")


def _setting_page(
    request: Request,
    context: Context,
    me: Account,
    totp_secret: str,
    *,
    errors: list[FieldError] | None = None,
) -> Response:
    import segno

    uri = provisioning_uri(totp_secret, me.email, context.settings.town)
    page = SecondFactorPage(
        mine=mine_of(request, context, me, "security"),
        setting=str(_settings(context).dumps([me.id.hex, totp_secret])),
        totp_secret=" ".join(totp_secret[n : n + 4] for n in range(0, len(totp_secret), 4)),
        qr_code=segno.make(uri, error="m").svg_data_uri(scale=5, border=3, light="#fff"),
        uri=uri,
        errors=errors or (),
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/second_factor.html", page, status=status)


async def _page(
    request: Request,
    context: Context,
    me: Account,
    *,
    errors: list[FieldError] | None = None,
) -> Response:
    token = request.cookies.get(ACCOUNT_COOKIE, "")
    async with context.database.read() as session:
        page = SecurityPage(
            mine=mine_of(request, context, me, "security"),
            second_factor=me.second_factor,
            codes_left=await recovery_codes_left(session, me.id),
            passkeys=[
                PasskeyLine(
                    id=row.id, name=row.name, created_at=row.created_at, used_at=row.used_at
                )
                for row in await passkeys_of(session, me.id)
            ],
            sessions=[
                SessionLine(
                    id=row.id,
                    client=row.client,
                    created_at=row.created_at,
                    seen_at=row.seen_at,
                    this=is_this(row, token),
                )
                for row in await sessions_of(session, context.clock, me.id)
            ],
            min_password=MIN_PASSWORD,
            errors=errors or (),
        )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/security.html", page, status=status)
