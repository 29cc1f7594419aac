"""Who is asking: an agent at a page, by session cookie, or an agent's program, by token."""

from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from agent_api.context import Context, In
from cases import Agent
from cases.agents import agent_of_session, agent_of_token
from core.web import SignedOut
from core.web.csrf import SESSION_COOKIE

LOGIN = "/agent/login"

bearer = HTTPBearer(
    auto_error=False,
    description="A personal access token: `guichet admin token agent@town.example`",
)


async def signed_in(request: Request, context: In) -> Agent:
    """The agent at the page; anybody else is led to the login page, and back afterwards."""
    agent = await _agent(request, context)
    if agent is None:
        raise _to_login(request)
    if not getattr(request.state, "locale_chosen", False):
        request.state.locale = agent.language
    return agent


async def by_token(
    context: In, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Agent:
    """The agent whose token the program shows (RFC 6750)."""
    agent = None
    if given is not None:
        async with context.database.read() as session:
            agent = await agent_of_token(session, given.credentials)
    if agent is None:
        challenge = "Bearer" if given is None else 'Bearer error="invalid_token"'
        raise HTTPException(401, headers={"WWW-Authenticate": challenge})
    return agent


async def own_form(request: Request, context: In) -> None:
    """Only our own pages' forms are carried out."""
    await context.pages.csrf.protect(request)


async def own_signed_form(request: Request, context: In) -> None:
    """The same, of somebody who is signed in; from who no longer is, no text is lost."""
    if await _agent(request, context) is None:
        form = await request.form()
        kept = form.get("text", "")
        back = request.url.path.rpartition("/")[0]
        raise SignedOut(kept if isinstance(kept, str) else "", _login_url(back))
    await own_form(request, context)


DeskAgent = Annotated[Agent, Depends(signed_in)]
ApiAgent = Annotated[Agent, Depends(by_token)]


async def _agent(request: Request, context: Context) -> Agent | None:
    token = request.cookies.get(SESSION_COOKIE, "")
    if not token:
        return None
    async with context.database.read() as session:
        return await agent_of_session(session, context.clock, token)


def _to_login(request: Request) -> HTTPException:
    if "hx-request" in request.headers:
        # htmx would put the login page into the middle of this one.
        back = request.headers.get("hx-current-url", "").partition("/agent/")[2]
        return HTTPException(401, headers={"HX-Redirect": _login_url(f"/agent/{back}")})
    back = "/agent/"
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        back = f"{request.url.path}{query}"
    return HTTPException(303, headers={"Location": _login_url(back)})


def _login_url(back: str) -> str:
    return f"{LOGIN}?next={quote(back)}"
