"""The citizen of the session, as forms and expressions know them."""

from starlette.requests import Request

from channels.web.account.asking import account_at
from channels.web.account.context import Context
from channels.web.visitors import Visitor, Visitors
from citizens import Account, read_profile, variables_of


def visitors(context: Context) -> Visitors:
    """Tells the portal who is signed in."""

    async def who(request: Request) -> Visitor:
        account = await account_at(request, context)
        return Visitor() if account is None else await visitor_of(context, account)

    return who


async def visitor_of(context: Context, account: Account) -> Visitor:
    async with context.database.read() as session:
        profile = await read_profile(session, account.id)
    today = context.clock().astimezone(context.settings.zone).date()
    return Visitor(
        citizen_id=account.citizen_id,
        profile=variables_of(profile, today),
        email=account.email,
        account_id=account.id,
        language=account.language,
    )
