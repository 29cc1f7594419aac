"""The addresses that Twilio calls, all below ``/hooks/twilio``.

A number's settings at Twilio name three of them, by POST: ``/hooks/twilio/voice/menu`` for calls,
``/hooks/twilio/voice/status`` for how they go on and ``/hooks/twilio/sms`` for messages. Twilio
gives an answer 15 seconds
(https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides), and asks again after a
503 where ``#rc=3&rp=all`` is set behind the address.
"""

from collections.abc import Awaitable, Callable, Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from channels.telephony.calls import Calls
from channels.telephony.progress import CallProgress, TakeReport
from channels.telephony.signature import Signatures
from channels.telephony.sms import IncomingSms
from channels.telephony.status import SmsStatus
from channels.telephony.tracking import Tracking
from core.clock import Clock
from core.database import Database
from core.i18n import LOCALES, Formats
from core.settings import Settings
from ingest import Accept, ChannelName
from notify import TwilioAccount

PREFIX = "/hooks/twilio"
NOTHING = "<Response/>"
Fields = Mapping[str, str]


def router(
    *,
    account: TwilioAccount,
    database: Database,
    accept: Accept,
    clock: Clock,
    settings: Settings,
    secret: bytes,
    take_report: TakeReport,
) -> APIRouter:
    """The routes of telephone and SMS; whatever Twilio has not signed is 403.

    ``take_report`` keeps the town's record of calls.
    """
    signatures = Signatures(account.token, settings.portal_url)
    sms = IncomingSms(database, accept, clock, settings)
    status = SmsStatus(database, accept, clock)
    zone = ZoneInfo(settings.time_zone)
    formats = {language: Formats(language, zone, clock) for language in LOCALES}
    progress = CallProgress(take_report, clock)
    calls = Calls(
        database,
        accept,
        clock,
        Tracking(database, secret, formats),
        progress,
        settings,
        f"{PREFIX}/voice",
    )
    routes = APIRouter(prefix=PREFIX, include_in_schema=False)

    async def signed(request: Request, channel: ChannelName) -> Fields:
        # Our own values, in the address, come last: they are signed as well.
        fields = await signatures.signed_form(request, channel)
        return {**fields, **request.query_params}

    @routes.post("/sms")
    async def take_sms(request: Request) -> Response:
        answer = await sms.take(await signed(request, ChannelName.SMS))
        return _twiml(_message(answer) if answer else NOTHING)

    @routes.post("/status")
    async def take_status(request: Request, delivery: str = "") -> Response:
        await status.take(await signed(request, ChannelName.SMS), delivery)
        return Response(status_code=204)

    def page(path: str, write: Callable[[Fields], Awaitable[str]]) -> None:
        async def answer(request: Request) -> Response:
            return _twiml(await write(await signed(request, ChannelName.PHONE)))

        routes.add_api_route(f"/voice/{path}", answer, methods=["POST"])

    def told(path: str, take: Callable[[Fields], Awaitable[None]]) -> None:
        async def answer(request: Request) -> Response:
            await take(await signed(request, ChannelName.PHONE))
            return Response(status_code=204)

        routes.add_api_route(f"/voice/{path}", answer, methods=["POST"])

    page("menu", calls.menu)
    page("choice", calls.choice)
    page("dialed", calls.dialed)
    page("message", calls.message)
    page("recorded", calls.recorded)
    page("tracking", calls.ask_reference)
    page("reference", calls.reference)
    page("key", calls.key)
    told("recording", calls.recording)
    told("transcription", calls.transcription)
    told("status", progress.told)
    return routes


def _message(text: str) -> str:
    from twilio.twiml.messaging_response import MessagingResponse

    response = MessagingResponse()
    response.message(text)
    return str(response)


def _twiml(document: str) -> Response:
    return Response(document, media_type="text/xml")
