"""SMS by Twilio: https://www.twilio.com/docs/messaging/api/message-resource

A sending whose answer was lost is looked for in the account's list of messages first, and goes out
again only when it is not there. What Twilio tells of it later comes to ``/hooks/twilio/status``.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from core.clock import Clock, utc_now
from core.settings import Settings
from notify.models import Medium
from notify.senders.contract import (
    Content,
    Declined,
    Delivery,
    ProviderId,
    Refused,
    Retry,
    Unreachable,
    Unwanted,
)

if TYPE_CHECKING:
    from twilio.http.async_http_client import AsyncTwilioHttpClient
    from twilio.http.response import Response
    from twilio.rest import Client

API = "https://api.twilio.com"
TIMEOUT = 20.0  # seconds
TOO_MANY = 429  # HTTP; Twilio's own code for it is 20429
NOT_FOR_US = frozenset({20003, 20005, 63038})
"""Our own account: no login, closed, its daily limit reached."""
WILL_NOT = frozenset({21408, 21606, 21612, 21659, 21660, 21703})
"""Not by this account: a country that it may not send to, a number of ours that cannot."""
BREATH = 1.0  # seconds to leave it alone when it has too much and does not say how long
LONGEST = 36_000  # seconds that it keeps a message in its queue at most
UNSUBSCRIBED = 21610
"""The recipient has sent STOP: https://www.twilio.com/docs/api/errors/21610"""
SLACK = timedelta(minutes=5)
"""Their clock and ours may differ by so much."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """The town's account, and where the two sides reach each other."""

    sid: str
    token: str
    number: str
    """The town's, in E.164."""
    hooks: str
    """URL of our side: ``https://town.example/hooks/twilio``."""
    messaging_service: str = ""
    api: str = API

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """None when the town has no account."""
        if not settings.twilio_account:
            return None
        return cls(
            sid=settings.twilio_account,
            token=settings.twilio_token.get_secret_value(),
            number=settings.twilio_number,
            hooks=f"{settings.portal_url}/hooks/twilio",
            messaging_service=settings.twilio_messaging_service,
            api=settings.twilio_url or API,
        )


def warm_up() -> None:
    """Import what the first SMS would otherwise wait for; it takes about a second."""
    import twilio.http.async_http_client
    import twilio.request_validator
    import twilio.rest
    import twilio.twiml.voice_response  # noqa: F401


class TwilioSms:
    """Sends by the account's number, or by its messaging service."""

    name = "twilio"
    medium = Medium.SMS

    def __init__(self, account: TwilioAccount, clock: Clock = utc_now) -> None:
        self._account = account
        self._clock = clock
        self._client: Client | None = None

    async def send(self, delivery: Delivery, content: Content) -> ProviderId:
        from aiohttp import ClientConnectorError, ClientError
        from twilio.base.exceptions import TwilioRestException, TwilioServiceException

        client = self._open()
        try:
            if delivery.in_doubt and (known := await self._find(client, delivery, content)):
                return ProviderId(known)
            message = await client.messages.create_async(
                to=delivery.recipient,
                body=content.text,
                status_callback=f"{self._account.hooks}/status?delivery={delivery.id}",
                **self._sender(),
                **self._validity(delivery),
            )
        except (TwilioRestException, TwilioServiceException) as problem:
            raise _told(problem.status, problem.code, str(problem)) from problem
        except ClientConnectorError as problem:
            raise Unreachable(f"Twilio cannot be reached: {problem}") from problem
        except (TimeoutError, ClientError) as problem:
            raise Retry(f"no answer of Twilio: {problem!r}", in_doubt=True) from problem
        return ProviderId(str(message.sid))

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.http_client.close()

    def _open(self) -> "Client":
        if self._client is None:
            from twilio.rest import Client

            self._client = Client(
                self._account.sid, self._account.token, http_client=_http_client(self._account.api)
            )
        return self._client

    def _sender(self) -> dict[str, str]:
        service = self._account.messaging_service
        return {"messaging_service_sid": service} if service else {"from_": self._account.number}

    def _validity(self, delivery: Delivery) -> dict[str, int]:
        """What is worth nothing later is not to wait in their queue either."""
        if delivery.expires_at is None:
            return {}
        left = int((delivery.expires_at - self._clock()).total_seconds())
        return {"validity_period": min(max(left, 1), LONGEST)}

    async def _find(self, client: "Client", delivery: Delivery, content: Content) -> str | None:
        """The SID under which Twilio has this very text for this recipient, if it has."""
        messages = await client.messages.list_async(
            to=delivery.recipient, date_sent_after=delivery.created_at - SLACK, limit=200
        )
        return next(
            (
                str(message.sid)
                for message in messages
                if message.body == content.text and str(message.direction).startswith("outbound")
            ),
            None,
        )


def _told(status: int, code: int | None, message: str) -> Exception:
    reason = f"Twilio {code or status}: {message}"
    if code == UNSUBSCRIBED:
        return Unwanted(reason)
    if code in WILL_NOT:
        return Declined(reason)
    if code in NOT_FOR_US or status in (401, 403):
        return Unreachable(reason)
    if status >= 500:
        return Retry(reason, in_doubt=True)
    return Refused(reason)


def _http_client(api: str) -> "AsyncTwilioHttpClient":
    """Twilio's own, with a time limit of ours, and another origin where one is set."""
    from twilio.http.async_http_client import AsyncTwilioHttpClient

    class Elsewhere(AsyncTwilioHttpClient):  # type: ignore[misc]
        async def request(self, method: str, url: str, *args: Any, **more: Any) -> "Response":
            async with asyncio.timeout(TIMEOUT):
                answer = await super().request(method, url.replace(API, api, 1), *args, **more)
            if answer.status_code == TOO_MANY:  # the client's own error does not say for how long
                wait = (answer.headers or {}).get("Retry-After", "")
                seconds = float(wait) if wait.isdecimal() else BREATH
                raise Unreachable("Twilio 20429: too many requests", retry_after=seconds)
            return answer

    return Elsewhere()
