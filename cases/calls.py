"""Telephone calls: what an exchange tells becomes one record a call.

An exchange tells of a call in pieces, which may come twice, late and out of order. What is kept is
the same whatever the order: the earliest start, answer and end, and of extensions the newest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.agents import AgentRow
from cases.callbacks import CallbackRow
from cases.history import SYSTEM, append
from cases.models import CallRow, CallState, CaseRow, QueueRow
from core.database import insert_new
from core.ids import derived_id
from ingest.events import CallChanged, Event, new_event

NAMESPACE = UUID("b7e9c1d4-3a52-5b0c-8d7e-0c6f2f6a9e31")

CallEvent = Literal["started", "answered", "transferred", "ended"]
"""What every exchange tells."""
MenuEvent = Literal["unanswered", "recorded"]
"""What one tells that has a menu of ours: nobody took the call that was put through; the caller
left a voicemail."""
MISSED_DOMAIN = "calls.guichet.invalid"  # of Message-IDs that never leave the house


@dataclass(frozen=True, slots=True)
class CallReport:
    """One thing that an exchange tells of a call; its numbers are as ``CallRow`` has them.

    Empty says nothing: a number that is known already stays.
    """

    exchange: str
    key: str
    event: CallEvent | MenuEvent
    at: datetime
    caller: str = ""
    callee: str = ""
    extension: str = ""
    queue: str = ""
    """Slug of the one that the caller has chosen; empty: whose number was called."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A call after a report; ``events`` are to be published, none when nothing is new."""

    call: CallRow
    events: Sequence[Event]
    was: str
    """The state before; empty when the call was not known."""


def call_id_of(exchange: str, key: str) -> UUID:
    return uuid5(NAMESPACE, f"{exchange}:{key}")


async def hear(session: AsyncSession, report: CallReport) -> Heard:
    """Write down what an exchange tells, in the caller's transaction.

    When a call that is linked with a case has ended, its length goes into the case's history.
    """
    call, is_new = await _locked(session, report)
    was, before, agent_before = call.state, _facts(call), call.agent_id
    _merge(call, report)
    if report.queue and call.queue_id is None:
        chosen = select(QueueRow.id).where(QueueRow.slug == report.queue)
        call.queue_id = await session.scalar(chosen)
    if not is_new and _facts(call) == before:
        return Heard(call, (), was)
    await _find_owners(session, call)
    events = [changed(call, agent_before)]
    if call.state == CallState.ENDED and was != CallState.ENDED and call.case_id:
        events.append(await tell_length(session, call, call.case_id))
        await _need_not_call_back(session, call)
    return Heard(call, events, "" if is_new else was)


def changed(call: CallRow, agent_before: UUID | None = None) -> Event:
    """The ``call.changed`` event of the call as it is now, for the caller to publish."""
    call.version += 1
    agents = tuple(sorted({one for one in (call.agent_id, agent_before) if one}))
    return new_event(
        CallChanged(call_id=call.id, state=call.state, agent_ids=agents, queue_id=call.queue_id),
        key=call.id,
        id=derived_id(call.id, f"event:{call.version}"),
        time=call.ended_at or call.answered_at or call.started_at,
    )


def facts_of(call: CallRow) -> dict[str, Any]:
    """What a case's history keeps of a call."""
    length = {"seconds": call.seconds} if call.state == CallState.ENDED else {}
    return {"call": str(call.id), "phone": call.number, **length}


async def _locked(session: AsyncSession, report: CallReport) -> tuple[CallRow, bool]:
    """The call for this transaction alone, and whether it was not known."""
    call_id = call_id_of(report.exchange, report.key)
    known = await session.get(CallRow, call_id, with_for_update=True)
    if known is not None:
        return known, False
    row = {
        "id": call_id,
        "exchange": report.exchange,
        "key": report.key,
        "state": CallState.RINGING,
        "outgoing": False,
        "caller": "",
        "callee": "",
        "extension": "",
        "unanswered": False,
        "voicemail": False,
        "started_at": report.at,
        "version": 0,
    }
    # Two processes may hear of it at once: the second waits here, and finds the first one's.
    await insert_new(session, CallRow, [row])
    call = await session.get_one(CallRow, call_id, with_for_update=True)
    return call, call.version == 0


def _merge(call: CallRow, report: CallReport) -> None:
    call.started_at = min(call.started_at, report.at)
    call.caller = call.caller or report.caller
    call.callee = call.callee or report.callee
    newest = call.extension_at is None or report.at >= call.extension_at
    if report.extension and newest:
        call.extension, call.extension_at = report.extension, report.at
    match report.event:
        case "answered":
            call.answered_at = min(call.answered_at or report.at, report.at)
        case "ended":
            call.ended_at = min(call.ended_at or report.at, report.at)
        case "unanswered":
            call.unanswered = True
        case "recorded":
            call.voicemail = True
    if report.extension and report.extension == call.caller:
        call.outgoing = True
    call.state = _state(call)


def _state(call: CallRow) -> CallState:
    if call.ended_at is not None:
        was_taken = call.answered_at and (call.voicemail or not call.unanswered)
        return CallState.ENDED if was_taken else CallState.MISSED
    return CallState.ANSWERED if call.answered_at else CallState.RINGING


def _facts(call: CallRow) -> tuple[Any, ...]:
    return (
        call.state,
        call.caller,
        call.callee,
        call.extension,
        call.started_at,
        call.answered_at,
        call.ended_at,
        call.queue_id,
        call.unanswered,
        call.voicemail,
    )


async def _find_owners(session: AsyncSession, call: CallRow) -> None:
    """Whose extension it is, and whose number was called."""
    named = {one for one in (call.extension, call.caller) if one}
    query = select(AgentRow.extension, AgentRow.id).where(AgentRow.extension.in_(named))
    owners: dict[str, UUID] = dict((await session.execute(query)).all()) if named else {}
    if call.caller in owners:  # an agent calls, also when the exchange does not say so
        call.outgoing = True
    at = call.extension or (call.caller if call.outgoing else "")
    call.agent_id = owners.get(at) if at else call.agent_id
    if call.queue_id is None and call.callee and not call.outgoing:
        queue = select(QueueRow.id).where(QueueRow.phone == call.callee)
        call.queue_id = await session.scalar(queue)


def missed_name(call_id: UUID) -> str:
    """Of the message that a missed call leaves: its Message-ID, by which a voicemail finds it."""
    return f"<{call_id.hex}@{MISSED_DOMAIN}>"


def callback_id_of(call_id: UUID) -> UUID:
    """Of the task to call back that a missed call leaves."""
    return derived_id(call_id, "callback")


async def _need_not_call_back(session: AsyncSession, call: CallRow) -> None:
    """It was answered, or has left a voicemail, and that was told late."""
    task = await session.get(CallbackRow, callback_id_of(call.id), with_for_update=True)
    if task is not None and task.ended_at is None:
        task.ended_at, task.outcome = call.ended_at, "done"


async def tell_length(session: AsyncSession, call: CallRow, case_id: UUID) -> Event:
    """Write into the case's history that the call has ended; the event is to be published."""
    case = await session.get_one(CaseRow, case_id, with_for_update={"key_share": True})
    at = call.ended_at or call.started_at
    return append(session, case, "call_ended", actor=SYSTEM, at=at, data=facts_of(call))
