"""What Twilio knows of one account: its messages, its recordings, and whom it may write to."""

import asyncio
import secrets
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic

import structlog

from channels.telephony.callers import caller_number
from channels.telephony.double.webhooks import Webhooks
from channels.telephony.keywords import Keyword, keyword_of
from core.clock import Clock
from core.sms import length_of
from notify import TwilioAccount

log = structlog.get_logger()

KEPT = 500  # messages and files: it is a double
REFUSALS = {
    "+15005550001": (21211, "Invalid 'To' Phone Number"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
"""Twilio's own test numbers: https://www.twilio.com/docs/iam/test-credentials"""
FAILURES = ("30003", "30004", "30005", "30006", "30007")
"""A number that ends with one of these is taken, and then fails with it."""


@dataclass(frozen=True, slots=True)
class Sms:
    sid: str
    sender: str
    to: str
    body: str
    direction: str
    status: str
    at: datetime
    error: str = ""


class Problem(Exception):
    """What the API answers instead; ``code`` is Twilio's."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(slots=True)
class Provider:
    """``per_second`` messages are taken; more are 429 with code 20429. 0 for no limit."""

    account: TwilioAccount
    clock: Clock
    webhooks: Webhooks
    per_second: int = 0
    messages: deque[Sms] = field(default_factory=lambda: deque(maxlen=KEPT))
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Type and content by SID, the newest last."""
    stopped: set[str] = field(default_factory=set)
    _taken: deque[float] = field(default_factory=deque)
    telling: set[asyncio.Task[None]] = field(default_factory=set)
    """What the town is being told of its messages."""

    def take(self, fields: Mapping[str, str]) -> Sms:
        """A message for a citizen. Raises Problem."""
        to, body = fields.get("To", ""), fields.get("Body", "")
        self._check(to, body)
        sms = Sms(
            new_sid("SM"), self.account.number, to, body, "outbound-api", "queued", self.clock()
        )
        self.messages.append(sms)
        if callback := fields.get("StatusCallback", ""):
            task = asyncio.create_task(self._tell(sms, callback))
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)
        return sms

    def _check(self, to: str, body: str) -> None:
        now = monotonic()
        while self._taken and now - self._taken[0] > 1:
            self._taken.popleft()
        if self.per_second and len(self._taken) >= self.per_second:
            raise Problem(429, 20429, "Too Many Requests")
        self._taken.append(now)
        if not caller_number(to):
            raise Problem(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if not body:
            raise Problem(400, 21602, "Message body is required.")
        if to in REFUSALS:
            code, message = REFUSALS[to]
            raise Problem(400, code, message)
        if to in self.stopped:
            raise Problem(400, 21610, "Attempt to send to unsubscribed recipient")

    async def _tell(self, sms: Sms, callback: str) -> None:
        """Status callbacks, as Twilio sends them."""
        from aiohttp import ClientError

        code = next((code for code in FAILURES if sms.to.endswith(code)), "")
        for status in ("sent", "undelivered" if code else "delivered"):
            error = code if status == "undelivered" else ""
            self._change(sms.sid, status, error)
            fields = {
                "AccountSid": self.account.sid,
                "MessageSid": sms.sid,
                "MessageStatus": status,
                "SmsSid": sms.sid,
                "SmsStatus": status,
                "From": sms.sender,
                "To": sms.to,
            }
            fields |= {"ErrorCode": error} if error else {}
            try:
                await self.webhooks.call(callback, fields)
            except (ClientError, TimeoutError) as unheard:
                # The town has closed. Twilio notes it in its debugger (11200) and lets it be.
                log.info(
                    "telephone.status_unheard", sms=sms.sid, status=status, error=repr(unheard)
                )
                return

    def _change(self, sid: str, status: str, error: str) -> None:
        for place, sms in enumerate(self.messages):
            if sms.sid == sid:
                self.messages[place] = replace(sms, status=status, error=error)

    def keep_file(self, kind: str, media_type: str, content: bytes) -> str:
        sid = new_sid(kind)
        self.files[sid] = (media_type, content)
        while len(self.files) > KEPT:
            self.files.pop(next(iter(self.files)))
        return sid

    async def receive(self, sender: str, body: str, media: tuple[str, bytes] | None = None) -> Sms:
        """A citizen writes to the town; its answer, if any, is a message too."""
        match keyword_of(body):
            case Keyword.STOP:
                self.stopped.add(sender)
            case Keyword.START:
                self.stopped.discard(sender)
        sms = Sms(
            new_sid("SM"), sender, self.account.number, body, "inbound", "received", self.clock()
        )
        self.messages.append(sms)
        fields = {
            "AccountSid": self.account.sid,
            "MessageSid": sms.sid,
            "SmsSid": sms.sid,
            "From": sender,
            "To": self.account.number,
            "Body": body,
            "NumSegments": str(length_of(body).segments),
            "NumMedia": "1" if media else "0",
        }
        if media:
            sid = self.keep_file("ME", *media)
            fields["MediaContentType0"] = media[0]
            fields["MediaUrl0"] = self.url(f"Messages/{sms.sid}/Media/{sid}")
        answer = await self.webhooks.call(f"{self.account.hooks}/sms", fields)
        for text in answer.texts("Message"):
            self.messages.append(
                Sms(
                    new_sid("SM"),
                    self.account.number,
                    sender,
                    text,
                    "outbound-reply",
                    "delivered",
                    self.clock(),
                )
            )
        return sms

    def url(self, path: str) -> str:
        return f"{self.account.api}/2010-04-01/Accounts/{self.account.sid}/{path}"


def new_sid(kind: str) -> str:
    return kind + secrets.token_hex(16)
