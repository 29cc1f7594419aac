"""The home page of who is signed in, and how they arrange it."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from channels.web.account.asking import Me, own_form, speech
from channels.web.account.context import In
from channels.web.account.frame import mine_of
from channels.web.account.visiting import visitor_of
from channels.web.home.box import HomeBox, Reader
from channels.web.home.boxes import WAITING, boxes_of
from channels.web.home.views import ArrangedBox, BoxesPage, HomePage, ShownBox
from citizens.boxes import Arrangement, arrange, arrangement_of
from core.errors import NotThere
from core.i18n import Formats

Step = Literal["up", "down", "show", "hide"]

routes = APIRouter(prefix="/me", include_in_schema=False)


@routes.get("")
async def home(request: Request, context: In, me: Me) -> Response:
    locale = context.pages.locale_of(request)
    formats = Formats(locale, context.settings.zone, context.clock)
    reader = Reader(me, await visitor_of(context, me), formats)
    boxes = {box.name: box for box in boxes_of(context)}
    async with context.database.read() as session:
        arranged = await arrangement_of(session, me.id)
        waiting = await _shown(session, WAITING, reader)
        shown = [
            await _shown(session, boxes[name], reader)
            for name in arranged.sort([*boxes])
            if name not in arranged.hidden
        ]
    page = HomePage(
        mine=mine_of(request, context, me, "home"),
        given_name=reader.visitor.profile.get("first_name") or me.name,
        waiting=waiting if waiting.lines else None,
        boxes=[box for box in shown if box.lines],
    )
    return context.pages.render(request, "portal/home/home.html", page)


@routes.get("/boxes")
async def boxes(request: Request, context: In, me: Me) -> Response:
    _ = speech(request, context)
    titles = {box.name: _(box.title) for box in boxes_of(context)}
    async with context.database.read() as session:
        arranged = await arrangement_of(session, me.id)
    names = arranged.sort([*titles])
    page = BoxesPage(
        mine=mine_of(request, context, me, "home"),
        boxes=[
            ArrangedBox(
                name=name,
                title=titles[name],
                shown=name not in arranged.hidden,
                is_first=name == names[0],
                is_last=name == names[-1],
            )
            for name in names
        ],
    )
    return context.pages.render(request, "portal/home/boxes.html", page)


@routes.post("/boxes", dependencies=[Depends(own_form)])
async def change_boxes(
    context: In, me: Me, name: Annotated[str, Form()], action: Annotated[Step, Form()]
) -> Response:
    """Move one box by a place, or show or hide it. Raises NotThere when there is none."""
    names = [box.name for box in boxes_of(context)]
    if name not in names:
        raise NotThere("no such box")
    async with context.database.begin() as session:
        before = await arrangement_of(session, me.id)
        await arrange(session, me.id, _changed(before, names, name, action))
    return RedirectResponse("/me/boxes", 303)


def _changed(before: Arrangement, names: Sequence[str], name: str, action: Step) -> Arrangement:
    order, hidden = before.sort(names), [one for one in before.hidden if one != name]
    if action in ("up", "down"):
        place = order.index(name)
        order.insert(place + (-1 if action == "up" else 1), order.pop(place))
        hidden = [*before.hidden]
    elif action == "hide":
        hidden.append(name)
    return Arrangement(order, hidden)


async def _shown(session: AsyncSession, box: HomeBox, reader: Reader) -> ShownBox:
    _ = reader.translate
    return ShownBox(
        name=box.name,
        title=_(box.title),
        more=_(box.more) if box.more else "",
        url=box.url,
        lines=await box.lines(session, reader),
    )
