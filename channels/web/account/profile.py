"""Who the citizen is: name, birth date, addresses; and how they are reached, which is proven."""

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import Me, knows_password, own_form, speech
from channels.web.account.context import Context, In
from channels.web.account.frame import mine_of
from channels.web.account.names import name_mistakes
from channels.web.account.views import AddressPage, DeviceLine, ProfilePage
from channels.web.fields import email_address
from citizens import Account, Category, Name, PostalAddress, account_id_of, read_profile
from citizens.links import LIVES, Purpose, new_link
from citizens.phones import pending_number
from citizens.profile import addresses_of, change_profile, remove_address, save_address
from core.errors import NotThere, Refused
from core.i18n import LOCALES
from core.ratelimit import TooMany
from core.text import clean_line
from core.web import FieldError
from notify import AccountKind, devices_of, public_vapid_key

MAX_LINE = 200  # characters of a line of an address
MAX_CODE = 16  # characters of a postal code
OLDEST = 130  # years
_DAY = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")

routes = APIRouter(prefix="/me/profile", include_in_schema=False)


@routes.get("")
async def profile(request: Request, context: In, me: Me) -> Response:
    return await profile_page(request, context, me)


@routes.post("", dependencies=[Depends(own_form)])
async def save(
    request: Request,
    context: In,
    me: Me,
    given_name: Annotated[str, Form()] = "",
    family_name: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    category: Annotated[str, Form()] = "",
    birth_date: Annotated[str, Form()] = "",
) -> Response:
    _ = speech(request, context)
    name = Name(clean_line(given_name), clean_line(family_name))
    errors = name_mistakes(name, _)
    born = read_day(birth_date)
    if birth_date.strip() and (born is None or not _possible(born, context)):
        errors.append(
            FieldError("birth_date", _("This is no birth date. One looks like 31/12/1980."))
        )
    if errors:
        return await profile_page(request, context, me, errors=errors, birth_date=birth_date)
    async with context.database.begin() as session:
        await change_profile(
            session,
            me.id,
            name=name,
            language=language if language in LOCALES else me.language,
            category=Category(category) if category in {*Category} else Category.PERSON,
            birth_date=born,
        )
    return RedirectResponse("/me/profile?said=saved", 303)


@routes.post("/email", dependencies=[Depends(own_form)])
async def change_email(
    request: Request,
    context: In,
    me: Me,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    _ = speech(request, context)
    address = email_address(clean_line(email))
    if address is None:
        wrong = _("This is not an e-mail address. One looks like camille@example.org.")
        return await profile_page(request, context, me, errors=[FieldError("email", wrong)])
    if not await knows_password(request, context, me, password):
        error = FieldError("password", _("The password is wrong."))
        return await profile_page(request, context, me, errors=[error])
    try:
        await context.limits.mails.count(address)
    except TooMany:
        pass
    else:
        await _send_link(request, context, me, address)
    return RedirectResponse("/me/profile?said=asked", 303)


async def _send_link(request: Request, context: Context, me: Account, address: str) -> None:
    """To its owner a taken address says that it is taken; to who asks, nothing."""
    async with context.database.begin() as session:
        taken = await account_id_of(session, address) is not None
        token = await new_link(
            session, context.clock, Purpose.EMAIL, email=address, account_id=me.id
        )
        await context.mails.queue(
            session,
            AccountKind.KNOWN if taken else AccountKind.EMAIL,
            address=address,
            language=me.language,
            link=context.url("/account/login" if taken else f"/account/link/{token}"),
            hours=0 if taken else int(LIVES[Purpose.EMAIL].total_seconds() / 3600),
        )


@routes.get("/addresses/new")
async def new_address(request: Request, context: In, me: Me) -> Response:
    return _address_page(request, context, me, PostalAddress())


@routes.get("/addresses/{address_id}")
async def address(request: Request, context: In, me: Me, address_id: UUID) -> Response:
    async with context.database.read() as session:
        found = [one for one in await addresses_of(session, me.id) if one.id == address_id]
    if not found:
        raise NotThere("no such address")
    return _address_page(request, context, me, found[0])


@routes.post("/addresses/new", dependencies=[Depends(own_form)])
async def add_address(request: Request, context: In, me: Me) -> Response:
    return await _save_address(request, context, me, None)


@routes.post("/addresses/{address_id}", dependencies=[Depends(own_form)])
async def change_address(request: Request, context: In, me: Me, address_id: UUID) -> Response:
    return await _save_address(request, context, me, address_id)


@routes.post("/addresses/{address_id}/remove", dependencies=[Depends(own_form)])
async def forget_address(request: Request, context: In, me: Me, address_id: UUID) -> Response:
    async with context.database.begin() as session:
        await remove_address(session, me.id, address_id)
    return RedirectResponse("/me/profile?said=removed", 303)


async def _save_address(
    request: Request, context: Context, me: Account, address_id: UUID | None
) -> Response:
    _ = speech(request, context)
    fields = await request.form()

    def typed(name: str) -> str:
        value = fields.get(name)
        return clean_line(value)[:MAX_LINE] if isinstance(value, str) else ""

    given = PostalAddress(
        id=address_id,
        label=typed("label"),
        street=typed("street"),
        postal_code=typed("postal_code")[:MAX_CODE],
        city=typed("city"),
        residence=bool(typed("residence")),
    )
    missing = _("Fill in this line, please.")
    errors = [
        FieldError(name, missing)
        for name in ("street", "postal_code", "city")
        if not getattr(given, name)
    ]
    if not errors:
        try:
            async with context.database.begin() as session:
                await save_address(session, me.id, given)
        except Refused:
            errors = [FieldError("", _("You have enough addresses: remove one first."))]
        else:
            return RedirectResponse("/me/profile?said=saved", 303)
    return _address_page(request, context, me, given, errors=errors)


def _address_page(
    request: Request,
    context: Context,
    me: Account,
    shown: PostalAddress,
    *,
    errors: list[FieldError] | None = None,
) -> Response:
    page = AddressPage(
        mine=mine_of(request, context, me, "profile"),
        id=shown.id,
        label=shown.label,
        street=shown.street,
        postal_code=shown.postal_code,
        city=shown.city,
        residence=shown.residence,
        errors=errors or (),
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/address.html", page, status=status)


async def profile_page(
    request: Request,
    context: Context,
    me: Account,
    *,
    errors: list[FieldError] | None = None,
    birth_date: str | None = None,
    phone: str = "",
) -> Response:
    """``birth_date`` and ``phone`` as they were typed."""
    async with context.database.read() as session:
        shown = await read_profile(session, me.id)
        pending = await pending_number(session, context.clock, me.id)
        devices = await devices_of(session, me.id)
    page = ProfilePage(
        mine=mine_of(request, context, me, "profile"),
        profile=shown,
        birth_date=_typed(shown.birth_date) if birth_date is None else birth_date,
        pending_number=pending,
        with_phone=context.texts is not None,
        phone=phone,
        devices=[
            DeviceLine(id=row.id, client=row.client, since=row.created_at, digest=row.endpoint_hash)
            for row in devices
        ],
        push_key=public_vapid_key(context.secret) if context.settings.push else "",
        errors=errors or (),
    )
    status = 422 if errors else 200
    return context.pages.render(request, "portal/account/profile.html", page, status=status)


def today(context: Context) -> date:
    """As the town counts days."""
    here: datetime = context.clock().astimezone(ZoneInfo(context.settings.time_zone))
    return here.date()


def read_day(text: str) -> date | None:
    """A day as people type it, ``31/12/1980``, or as browsers send it, ``1980-12-31``."""
    found = _DAY.fullmatch(text.strip())
    try:
        if found:
            return date(int(found[3]), int(found[2]), int(found[1]))
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _typed(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _possible(born: date, context: Context) -> bool:
    now = today(context)
    return born <= now and now.year - born.year <= OLDEST
