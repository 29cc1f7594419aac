"""Which citizen is asking: the one of the session cookie. All of ``/me`` goes through here."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import Depends, HTTPException
from starlette.requests import Request

from cases import Holder
from channels.web.account.context import Context, In
from citizens import Account
from citizens.accounts import check_password
from citizens.passwords import MAX_PASSWORD
from citizens.sessions import account_of_session
from core.errors import Refused
from core.i18n import translator
from core.web.csrf import ACCOUNT_COOKIE

LOGIN = "/account/login"


async def account_at(request: Request, context: Context) -> Account | None:
    """Who is signed in at this browser, if anybody is; pages then speak their language."""
    token = request.cookies.get(ACCOUNT_COOKIE, "")
    if not token:
        return None
    account = await account_of_session(context.database, context.clock, token)
    if account is not None and not getattr(request.state, "locale_chosen", False):
        request.state.locale = account.language
    return account


async def signed_in(request: Request, context: In) -> Account:
    """The citizen; anybody else is led to the login page, and back afterwards."""
    account = await account_at(request, context)
    if account is None:
        back = "/me"
        if request.method == "GET":
            query = f"?{request.url.query}" if request.url.query else ""
            back = f"{request.url.path}{query}"
        raise HTTPException(303, headers={"Location": f"{LOGIN}?next={quote(back)}"})
    return account


Me = Annotated[Account, Depends(signed_in)]


async def own_form(request: Request, context: In) -> None:
    """Only our own pages' forms are carried out."""
    await context.pages.csrf.protect(request)


def holder_of(account: Account) -> Holder:
    """The citizen as their cases know them."""
    return Holder(account.citizen_id, account.addresses, account.name)


def speech(request: Request, context: Context) -> Callable[[str], str]:
    return translator(context.pages.locale_of(request))


async def knows_password(
    request: Request, context: Context, account: Account, password: str
) -> bool:
    """Asked again before what cannot be undone. Raises TooMany after too many wrong ones."""
    client = context.client(request)
    await context.limits.logins.check(account.email, client)
    try:
        await check_password(context.database, account.email, password[:MAX_PASSWORD])
    except Refused:
        await context.limits.logins.wrong(account.email, client)
        return False
    return True
