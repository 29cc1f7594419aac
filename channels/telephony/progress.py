"""How a call goes on, for the town's record of calls:
https://www.twilio.com/docs/voice/api/call-resource#statuscallback

The number's settings at Twilio name ``/hooks/twilio/voice/status`` for it. The beginning is told
by the first page of the call, so that it is known while it goes on.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from cases.calls import CallEvent, CallReport, MenuEvent
from cases.telephone import Line
from channels.telephony.callers import caller_number
from channels.telephony.fields import count_of
from core.clock import Clock
from core.text import clean_line

EXCHANGE = "twilio"
MAX_SID = 128  # characters
LATE = timedelta(days=1)
"""A moment that is told to be longer ago is not believed."""
AHEAD = timedelta(minutes=5)
LONGEST = timedelta(days=1)

_EVENTS: Mapping[str, CallEvent] = {
    "queued": "started",
    "initiated": "started",
    "ringing": "started",
    "in-progress": "answered",
    "completed": "ended",
    "busy": "ended",
    "no-answer": "ended",
    "canceled": "ended",
    "failed": "ended",
}
Fields = Mapping[str, str]
TakeReport = Callable[[CallReport], Awaitable[None]]
"""Writes a report down, durably. The same again changes nothing."""


def call_key(fields: Fields) -> str:
    """What the call is known by; empty when the webhook is of no call."""
    sid = fields.get("CallSid", "")
    return sid if sid.isalnum() and len(sid) <= MAX_SID else ""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """Writes down what Twilio tells of a call; of no call it tells nothing.

    Everything raises what the store raises when it is away: Twilio is then told to come again.
    """

    take: TakeReport
    clock: Clock

    async def began(self, fields: Fields) -> None:
        await self._take(fields, "started", self.clock())

    async def chose(self, fields: Fields, line: Line, *, put_through: bool) -> None:
        """The caller has chosen a queue in the menu."""
        to = line.transfer_to if put_through else ""
        await self._take(fields, "transferred", self.clock(), extension=to, queue=line.slug)

    async def not_taken(self, fields: Fields) -> None:
        """It was put through, and nobody took it."""
        await self._take(fields, "unanswered", self.clock())

    async def recorded(self, fields: Fields) -> None:
        """The caller has left a voicemail."""
        await self._take(fields, "recorded", self.clock())

    async def told(self, fields: Fields) -> None:
        """A status, which may come twice, late and before an earlier one."""
        event = _EVENTS.get(fields.get("CallStatus", ""))
        if event is None:
            return
        at = self._moment(fields)
        talked = _seconds(fields) if fields.get("CallStatus") == "completed" else None
        if talked is not None:  # Twilio tells of an incoming call's answer by its length alone
            await self._take(fields, "answered", at - talked)
        await self._take(fields, event, at)

    async def _take(
        self,
        fields: Fields,
        event: CallEvent | MenuEvent,
        at: datetime,
        *,
        extension: str = "",
        queue: str = "",
    ) -> None:
        key = call_key(fields)
        if not key:
            return
        report = CallReport(
            exchange=EXCHANGE,
            key=key,
            event=event,
            at=at,
            caller=caller_number(fields.get("From", "")),
            callee=caller_number(fields.get("To", "")),
            extension=extension,
            queue=queue,
        )
        await self.take(report)

    def _moment(self, fields: Fields) -> datetime:
        """When it happened, as Twilio says (RFC 2822); now where that is not to be believed."""
        now = self.clock()
        try:
            at = parsedate_to_datetime(clean_line(fields.get("Timestamp", "")))
        except ValueError:
            return now
        if at.tzinfo is None or not now - LATE < at < now + AHEAD:
            return now
        return at


def _seconds(fields: Fields) -> timedelta | None:
    seconds = count_of(fields, "CallDuration")
    return None if seconds is None else min(timedelta(seconds=seconds), LONGEST)
