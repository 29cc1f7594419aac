"""Proving a telephone number by a code that comes by SMS."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from cases import hold_cases_of
from channels.web.account.asking import Me, own_form, speech
from channels.web.account.context import In
from channels.web.account.profile import profile_page
from channels.web.fields import phone_number
from citizens import former
from citizens.phones import new_code, prove_number, remove_phone, set_phone
from core.errors import Later, NotThere, Refused
from core.text import clean_line
from core.web import FieldError
from feeds.subscriptions import follow_account

routes = APIRouter(prefix="/me/profile/phone", include_in_schema=False)


@routes.post("", dependencies=[Depends(own_form)])
async def send_code(
    request: Request, context: In, me: Me, phone: Annotated[str, Form()] = ""
) -> Response:
    """Raises NotThere while the town sends no SMS."""
    if context.texts is None:
        raise NotThere("no SMS is sent")
    _ = speech(request, context)
    number = phone_number(clean_line(phone), context.settings.country)
    if number is None:
        wrong = _("This is not a telephone number. Outside the country, begin with + and its code.")
        errors = [FieldError("phone", wrong)]
        return await profile_page(request, context, me, errors=errors, phone=phone)
    await context.limits.texts.count(str(me.id))
    await context.limits.numbers.count(number)
    async with context.database.begin() as session:
        code = await new_code(session, context.clock, context.secret, me.id, number)
    text = _("%(code)s is your code for %(town)s. Tell it to nobody.")
    try:
        await context.texts.send_text(number, text % {"code": code, "town": context.settings.town})
    except Later:
        sorry = _("We cannot send an SMS at this moment. Please try again later.")
        errors = [FieldError("phone", sorry)]
        return await profile_page(request, context, me, errors=errors, phone=phone)
    except Refused:
        never = _("No SMS can be sent to this number.")
        errors = [FieldError("phone", never)]
        return await profile_page(request, context, me, errors=errors, phone=phone)
    return RedirectResponse("/me/profile?said=code", 303)


@routes.post("/code", dependencies=[Depends(own_form)])
async def prove(
    request: Request, context: In, me: Me, code: Annotated[str, Form()] = ""
) -> Response:
    clock, mine = context.clock, me.citizen_id
    async with context.database.begin() as session:
        number = await prove_number(session, clock, context.secret, me.id, code)
        if number is not None:
            if me.phone:
                await hold_cases_of(session, clock, mine, sender=mine, address=me.phone)
            if other := await former(session, number):
                await hold_cases_of(session, clock, mine, sender=other, address=number)
            await set_phone(session, clock, me.id, number)
            await follow_account(session, me.id, email=me.email, phone=number)
    if number is None:
        _ = speech(request, context)
        wrong = FieldError("code", _("This code is wrong, or has expired."))
        return await profile_page(request, context, me, errors=[wrong])
    return RedirectResponse("/me/profile?said=phone", 303)


@routes.post("/remove", dependencies=[Depends(own_form)])
async def remove(context: In, me: Me) -> Response:
    mine = me.citizen_id
    async with context.database.begin() as session:
        if me.phone:
            await hold_cases_of(session, context.clock, mine, sender=mine, address=me.phone)
            await remove_phone(session, me.id)
            await follow_account(session, me.id, email=me.email, phone="")
    return RedirectResponse("/me/profile?said=removed", 303)
