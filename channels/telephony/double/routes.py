"""The double's addresses: Twilio's REST API, and the page of the telephone."""

from email.utils import format_datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, UploadFile
from fastapi.security import HTTPBasic, HTTPBasicCredentials
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from channels.telephony.callers import caller_number
from channels.telephony.double.calls import Call
from channels.telephony.double.provider import Problem, Provider, Sms
from channels.telephony.double.views import TelephonePage
from core.web import Pages
from core.web.csrf import FIELD, FormExpired

TEMPLATES = Path(__file__).parent / "templates"
PREFIX = "/demo/telephone"
FIRST = "+33612345678"
"""The number of the telephone that the page shows first: one that the town's forms take, too, which
refuse those for fiction."""
MAX_CALLS = 100
_basic = HTTPBasic()


def router(provider: Provider, pages: Pages) -> APIRouter:
    """``pages`` must know the templates of this room as ``telephone``."""
    routes = APIRouter(include_in_schema=False)
    routes.include_router(_api(provider))
    routes.include_router(_telephone(provider, pages))
    return routes


def _api(provider: Provider) -> APIRouter:
    account = provider.account

    def ours(sid: str, given: Annotated[HTTPBasicCredentials, Depends(_basic)]) -> None:
        if (sid, given.username, given.password) != (account.sid, account.sid, account.token):
            raise HTTPException(401)

    api = APIRouter(prefix=PREFIX + "/2010-04-01/Accounts/{sid}", dependencies=[Depends(ours)])

    @api.post("/Messages.json")
    async def create(request: Request) -> Response:
        fields = {name: str(value) for name, value in (await request.form()).items()}
        try:
            return JSONResponse(_shown(provider.take(fields)), 201)
        except Problem as problem:
            told = {"code": problem.code, "message": str(problem), "status": problem.status}
            return JSONResponse(told, problem.status)

    @api.get("/Messages.json")
    async def listed(request: Request) -> Response:
        to = request.query_params.get("To", "")
        found = [_shown(sms) for sms in reversed(provider.messages) if to in ("", sms.to)]
        return JSONResponse({"messages": found, "page": 0, "page_size": 1000, "uri": ""})

    @api.get("/Recordings/{name}")
    @api.get("/Messages/{message}/Media/{name}")
    async def file(name: str) -> Response:
        media_type, content = provider.files.get(name.partition(".")[0], ("", b""))
        if not media_type:
            raise HTTPException(404)
        return Response(content, media_type=media_type)

    return api


def _telephone(provider: Provider, pages: Pages) -> APIRouter:
    calls: dict[str, Call] = {}
    telephone = APIRouter(prefix=PREFIX)

    async def checked(request: Request) -> None:
        form = await request.form()
        if not pages.csrf.valid(request, str(form.get(FIELD, ""))):
            raise FormExpired

    def back(number: str, call: Call | None = None) -> Response:
        more = f"&call={call.sid}" if call else ""
        return RedirectResponse(f"{PREFIX}?number={quote(number)}{more}", 303)

    @telephone.get("")
    async def page(request: Request, number: str = FIRST, call: str = "") -> Response:
        number = caller_number(number) or FIRST
        conversation = [sms for sms in provider.messages if number in (sms.sender, sms.to)]
        view = TelephonePage(
            number=number,
            town_number=provider.account.number,
            conversation=conversation,
            call=calls.get(call),
        )
        return pages.render(request, "telephone/telephone.html", view)

    @telephone.post("/sms", dependencies=[Depends(checked)])
    async def sms(
        number: Annotated[str, Form()],
        body: Annotated[str, Form(max_length=1600)] = "",
        photo: UploadFile | None = None,
    ) -> Response:
        sender, media = caller_number(number) or FIRST, None
        if photo is not None and photo.filename:
            media = (photo.content_type or "application/octet-stream", await photo.read())
        await provider.receive(sender, body, media)
        return back(sender)

    @telephone.post("/calls", dependencies=[Depends(checked)])
    async def dial(number: Annotated[str, Form()]) -> Response:
        call = Call(provider, caller_number(number) or FIRST)
        while len(calls) >= MAX_CALLS:
            calls.pop(next(iter(calls)))
        calls[call.sid] = call
        await call.dial()
        return back(call.sender, call)

    @telephone.post("/calls/{sid}", dependencies=[Depends(checked)])
    async def go_on(
        sid: str,
        does: Annotated[str, Form()],
        digits: Annotated[str, Form(max_length=32)] = "",
        words: Annotated[str, Form(max_length=3000)] = "",
    ) -> Response:
        call = calls.get(sid)
        if call is None:
            raise HTTPException(404)
        match does:
            case "press":
                await call.press(digits)
            case "wait":
                await call.wait()
            case "speak":
                await call.speak(words)
            case _:
                await call.hang_up()
        return back(call.sender, call)

    return telephone


def _shown(sms: Sms) -> dict[str, Any]:
    """https://www.twilio.com/docs/messaging/api/message-resource#message-properties"""
    return {
        "sid": sms.sid,
        "from": sms.sender,
        "to": sms.to,
        "body": sms.body,
        "direction": sms.direction,
        "status": sms.status,
        "error_code": int(sms.error) if sms.error else None,
        "date_created": format_datetime(sms.at),
        "date_sent": format_datetime(sms.at),
        "num_media": "0",
    }
