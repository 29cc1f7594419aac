"""The telephone's menu, as the functional administrator sets it up."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent_api.asking import DeskAgent, own_signed_form
from agent_api.context import Context, In
from agent_api.desk.frame import desk_of, speech
from agent_api.telephone import TelephonePage
from cases import Agent
from cases.telephone import KEYS, Line, change_lines, check_telephone, read_lines
from core.errors import BadInput
from core.i18n import LOCALE_NAMES, LOCALES
from core.web import FieldError

routes = APIRouter(prefix="/agent/telephone")


@routes.get("")
async def telephone(request: Request, context: In, agent: DeskAgent) -> Response:
    check_telephone(agent)
    async with context.database.read() as session:
        lines = await read_lines(session)
    return await _page(request, context, agent, lines)


@routes.post("", dependencies=[Depends(own_signed_form)])
async def change(request: Request, context: In, agent: DeskAgent) -> Response:
    check_telephone(agent)
    form = {name: str(value) for name, value in (await request.form()).items()}
    async with context.database.read() as session:
        lines = [_asked(line, form) for line in await read_lines(session)]
    try:
        async with context.database.begin() as session:
            await change_lines(session, context.clock, agent, lines)
    except BadInput as problem:
        error = FieldError(problem.where, speech(request, context)(problem.reason))
        return await _page(request, context, agent, lines, [error], status=422)
    return RedirectResponse("/agent/telephone?done=telephone", 303)


def _asked(line: Line, form: Mapping[str, str]) -> Line:
    """The line as the form has it."""

    def field(name: str) -> str:
        return form.get(f"{name}-{line.slug}", "")

    return Line(
        slug=line.slug,
        queue_name=line.queue_name,
        key=field("key"),
        names={code: field(f"name_{code}") for code in LOCALES},
        opening_hours=field("opening_hours"),
        transfer_to=field("transfer_to"),
    )


async def _page(
    request: Request,
    context: Context,
    agent: Agent,
    lines: Sequence[Line],
    errors: Sequence[FieldError] = (),
    *,
    status: int = 200,
) -> Response:
    async with context.database.read() as session:
        page = TelephonePage(
            desk=await desk_of(request, context, agent, session),
            lines=lines,
            keys=KEYS,
            languages=LOCALE_NAMES,
            number=context.settings.twilio_number,
            errors=errors,
        )
    return context.pages.render(request, "desk/telephone.html", page, status=status)
