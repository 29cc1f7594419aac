"""Signing in and out. A session is a random token in a cookie; the store knows its hash."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import own_form
from agent_api.context import Context, In
from agent_api.desk.frame import speech
from agent_api.views import LoginPage
from cases import audit
from cases.agents import (
    SESSION_LENGTH,
    agent_of_session,
    check_password,
    close_session,
    open_session,
)
from core.errors import Refused
from core.ratelimit import client_address, client_group
from core.text import clean_line
from core.web.csrf import SESSION_COOKIE
from core.web.forms import own_path

HOME = "/agent/"
COOKIE_PATH = "/agent"
MAX_PASSWORD = 1_000  # characters that are looked at
MAX_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3, without the brackets)

routes = APIRouter(prefix="/agent")


@routes.get("/login")
async def form(request: Request, context: In, next: str = HOME) -> Response:
    page = LoginPage(next=own_path(next, "/agent/", HOME))
    return context.pages.render(request, "desk/login.html", page)


@routes.post("/login", dependencies=[Depends(own_form)])
async def sign_in(
    request: Request,
    context: In,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = HOME,
) -> Response:
    account = clean_line(email).lower()[:MAX_ADDRESS]
    client = client_group(client_address(request, context.settings.trusted_proxies))
    await context.logins.check(account, client)
    try:
        agent_id = await check_password(context.database, account, password[:MAX_PASSWORD])
    except Refused:
        await context.logins.wrong(account, client)
        await _write_down_failure(context, account, client)
        _ = speech(request, context)
        wrong = _("The address or the password is wrong.")
        page = LoginPage(email=account, next=own_path(next, "/agent/", HOME), error=wrong)
        return context.pages.render(request, "desk/login.html", page, status=401)
    async with context.database.begin() as session:
        # A session is never taken over from before the login (session fixation).
        await close_session(session, request.cookies.get(SESSION_COOKIE, ""))
        token = await open_session(session, context.clock, agent_id)
        audit.record(
            session,
            context.clock,
            agent_id=agent_id,
            action="agent.signed_in",
            object_kind="agent",
            object_id=account,
            details={"client": client},
        )
    response = RedirectResponse(own_path(next, "/agent/", HOME), 303)
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        path=COOKIE_PATH,
        secure=context.settings.https_only,
        httponly=True,
        samesite="lax",
    )
    return response


@routes.post("/logout", dependencies=[Depends(own_form)])
async def sign_out(request: Request, context: In) -> Response:
    token = request.cookies.get(SESSION_COOKIE, "")
    async with context.database.begin() as session:
        agent = await agent_of_session(session, context.clock, token)
        await close_session(session, token)
        if agent is not None:
            audit.record(
                session,
                context.clock,
                agent_id=agent.id,
                action="agent.signed_out",
                object_kind="agent",
                object_id=agent.email,
            )
    response = RedirectResponse("/agent/login", 303)
    response.delete_cookie(SESSION_COOKIE, path=COOKIE_PATH)
    return response


async def _write_down_failure(context: Context, account: str, client: str) -> None:
    async with context.database.begin() as session:
        audit.record(
            session,
            context.clock,
            agent_id=None,
            action="agent.sign_in_refused",
            object_kind="agent",
            object_id=account,
            details={"client": client},
        )
