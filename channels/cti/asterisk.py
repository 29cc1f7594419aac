"""The calls of an Asterisk, from the events of its manager interface.

https://docs.asterisk.org/Latest_API/API_Documentation/AMI_Events/ (``Newchannel``, ``DialBegin``,
``DialEnd``, ``BlindTransfer``, ``AttendedTransfer``, ``Hangup``). AMI rather than ARI, because its
events say by ``Linkedid`` which channels are one call, and tell of every call without a dialplan
that hands it over.

An extension is a channel's endpoint (``PJSIP/201-0000001f`` is 201) when it is a number: trunks are
not. A call ends with its first channel. What happens while we are away is not told afterwards.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.calls import CallEvent, CallReport
from channels.cti.ami import Manager, Section
from channels.cti.numbers import call_number
from channels.cti.taking import Calls
from core.clock import Clock
from core.database import is_unavailable
from core.errors import Later, Refused

FIRST_WAIT = 1.0  # seconds until the first try again; then ever longer
LONGEST_WAIT = 300.0  # seconds
_ENDPOINT = re.compile(r"[A-Za-z0-9]+/([0-9]{1,15})(?:@|-|$)")

log = structlog.get_logger()


class Asterisk:
    """Listens to one exchange. ``country`` (ISO 3166-1) is whose national numbers it writes."""

    def __init__(
        self,
        manager: Manager,
        calls: Calls,
        clock: Clock,
        country: str,
        *,
        first_wait: float = FIRST_WAIT,
    ) -> None:
        self._manager = manager
        self._calls = calls
        self._clock = clock
        self._country = country
        self._first_wait = first_wait

    async def run(self) -> NoReturn:
        """Work until cancelled: an exchange that is away is tried again, ever later."""
        wait = self._first_wait
        while True:
            try:
                async with self._manager.events() as events:
                    log.info("asterisk.listening", url=self._manager.url)
                    wait = self._first_wait
                    async for event in events:
                        await self._tell(event)
            except Refused as problem:
                wait = LONGEST_WAIT  # some exchanges lock out who tries often
                log.error("asterisk.refused", url=self._manager.url, reason=problem.reason)
            except Later as problem:
                log.warning("asterisk.away", url=self._manager.url, reason=problem.reason)
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _tell(self, event: Section) -> None:
        """Write it down; while the store is away the exchange's events wait in the connection."""
        report = report_of(event, self._clock, self._country)
        wait = self._first_wait
        while report is not None:
            try:
                await self._calls.take(report)
            except (SQLAlchemyError, OSError) as problem:
                if not is_unavailable(problem):
                    log.exception("asterisk.fault", call=report.key)
                    return
                await asyncio.sleep(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            else:
                return


def report_of(event: Section, clock: Clock, country: str) -> CallReport | None:
    """What an event says of a call; None when it says nothing of it."""
    make = _REPORTS.get(event.get("Event", ""))
    if make is None:
        return None
    told = make(event)
    if told is None or not told[1]:
        return None
    name, key, caller, callee, extension = told
    return CallReport(
        exchange="asterisk",
        key=key[:128],
        event=name,
        at=_time(event, clock),
        caller=call_number(caller, country),
        callee=call_number(callee, country),
        extension=extension,
    )


Told = tuple[CallEvent, str, str, str, str]
"""Event, call, caller, callee, extension."""


def _newchannel(event: Section) -> Told | None:
    call = event.get("Linkedid", "")
    if event.get("Uniqueid") != call:
        return None  # a further leg
    desk = extension_of(event.get("Channel", ""))  # an agent calls
    return "started", call, desk or event.get("CallerIDNum", ""), event.get("Exten", ""), desk


def _dial_begin(event: Section) -> Told | None:
    call = event.get("Linkedid") or event.get("DestLinkedid", "")
    return "started", call, "", "", extension_of(event.get("DestChannel", ""))


def _dial_end(event: Section) -> Told | None:
    if event.get("DialStatus") != "ANSWER":
        return None  # one of several telephones that rang
    call = event.get("Linkedid") or event.get("DestLinkedid", "")
    return "answered", call, "", "", extension_of(event.get("DestChannel", ""))


def _blind_transfer(event: Section) -> Told | None:
    if event.get("Result") != "Success":
        return None
    extension = event.get("Extension", "")
    return "transferred", event.get("TransfererLinkedid", ""), "", "", _number(extension)


def _attended_transfer(event: Section) -> Told | None:
    if event.get("Result") != "Success":
        return None
    call = event.get("TransfereeLinkedid") or event.get("OrigTransfererLinkedid", "")
    return "transferred", call, "", "", extension_of(event.get("TransferTargetChannel", ""))


def _hangup(event: Section) -> Told | None:
    call = event.get("Linkedid", "")
    if event.get("Uniqueid") != call:
        return None
    return "ended", call, "", "", ""


_REPORTS: dict[str, Callable[[Section], Told | None]] = {
    "Newchannel": _newchannel,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "BlindTransfer": _blind_transfer,
    "AttendedTransfer": _attended_transfer,
    "Hangup": _hangup,
}


def extension_of(channel: str) -> str:
    """``201`` of ``PJSIP/201-0000001f``; nothing of a trunk."""
    found = _ENDPOINT.match(channel)
    return found[1] if found else ""


def _number(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) <= 15 else ""


def _time(event: Section, clock: Clock) -> datetime:
    """The event's own (``timestampevents = yes``), else that we have heard it."""
    try:
        return datetime.fromtimestamp(float(event["Timestamp"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return clock()
