"""Who fills in a form: the citizen of the session, as expressions and prefilled fields see them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request

from channels.web.account.asking import account_at
from channels.web.account.context import Context
from channels.web.visitors import Visitor, Visitors
from citizens import Profile, read_profile


def visitors(context: Context) -> Visitors:
    """Tells the portal who is signed in."""
    zone = ZoneInfo(context.settings.time_zone)

    async def who(request: Request) -> Visitor:
        account = await account_at(request, context)
        if account is None:
            return Visitor()
        async with context.database.read() as session:
            profile = await read_profile(session, account.id)
        today = context.clock().astimezone(zone).date()
        known = {**_variables(profile), "age": profile.age(today)}
        return Visitor(
            citizen_id=account.citizen_id,
            profile=known,
            email=profile.email,
            account_id=account.id,
            language=account.language,
        )

    return who


def _variables(profile: Profile) -> Mapping[str, Any]:
    """As :data:`cases.procedures.CITIZEN` names them; names are kept whole, so the first word of
    one is taken for the first name."""
    first, _, last = profile.name.partition(" ")
    home, born = profile.residence, profile.birth_date
    return {
        "signed_in": True,
        "first_name": first if last else "",
        "last_name": last or first,
        "email": profile.email,
        "phone": profile.phone,
        "street": home.street,
        "postcode": home.postal_code,
        "city": home.city,
        "born": datetime.combine(born, time(12), UTC) if born else None,
        "categories": [str(profile.category)],
    }
