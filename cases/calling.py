"""What agents do with telephone calls: see them, and link them with cases."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import audit
from cases.access import call_for, case_for, visible_calls, visible_cases
from cases.agents import Agent, AgentRow
from cases.calls import changed, facts_of
from cases.changes import record_change
from cases.inbox import OPEN
from cases.models import CallRow, CallState, CaseRow, QueueRow
from core.clock import Clock
from ingest import publish

LONGEST = timedelta(hours=4)
"""A call of which no end was told is over by then."""
AFTERWARDS = timedelta(minutes=3)
"""For so long an agent is still shown the call that they have just had."""
RECENT = timedelta(days=7)
MOST = 50  # calls on a list
AT_ONCE = 3  # calls of one agent
GOING_ON = (CallState.RINGING, CallState.ANSWERED)


@dataclass(frozen=True, slots=True)
class CallItem:
    """A call with the names of what it belongs to, empty where there is nothing."""

    call: CallRow
    agent_name: str
    queue: str
    """Its slug."""
    queue_name: str
    reference: str
    """Of the case that it is linked with, if the agent may see that."""
    is_going_on: bool


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case of the citizen who calls."""

    reference: str
    subject: str
    status: str
    queue_name: str
    received_at: datetime


async def list_calls(session: AsyncSession, agent: Agent, clock: Clock) -> list[CallItem]:
    """The calls of the last days that the agent may see, those that go on first."""
    now = clock()
    query = (
        _items(agent)
        .where(visible_calls(agent), CallRow.started_at > now - RECENT)
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(MOST)
    )
    items = [_item(row, now) for row in (await session.execute(query)).all()]
    return sorted(items, key=lambda item: not item.is_going_on)


async def calls_of(session: AsyncSession, agent: Agent, clock: Clock) -> list[CallItem]:
    """What the agent's own telephone has now: calls that go on; when there is none, what has just
    ended without being linked with a case."""
    now = clock()
    query = (
        _items(agent)
        .where(CallRow.agent_id == agent.id, CallRow.started_at > now - LONGEST)
        .order_by(CallRow.started_at.desc(), CallRow.id)
        .limit(MOST)
    )
    items = [_item(row, now) for row in (await session.execute(query)).all()]
    going_on = [item for item in items if item.is_going_on][:AT_ONCE]
    return going_on or [item for item in items if _just_had(item.call, now)][:1]


async def read_call(session: AsyncSession, agent: Agent, clock: Clock, call_id: UUID) -> CallItem:
    """Raises NotThere when there is none, or none for this agent."""
    call = await call_for(session, agent, call_id)
    row = (await session.execute(_items(agent).where(CallRow.id == call.id))).one()
    return _item(row, clock())


async def open_cases_of(
    session: AsyncSession, agent: Agent, citizens: Collection[UUID]
) -> dict[UUID, list[OpenCase]]:
    """The open cases of these citizens that the agent may see, the newest first."""
    if not citizens:
        return {}
    query = (
        select(CaseRow, QueueRow.name)
        .join(QueueRow, QueueRow.id == CaseRow.queue_id)
        .where(CaseRow.citizen_id.in_(citizens), CaseRow.status.in_(OPEN), visible_cases(agent))
        .order_by(CaseRow.id.desc())
        .limit(MOST)
    )
    found: dict[UUID, list[OpenCase]] = {}
    for case, queue_name in await session.execute(query):
        line = OpenCase(case.reference, case.subject, case.status, queue_name, case.received_at)
        if case.citizen_id:
            found.setdefault(case.citizen_id, []).append(line)
    return found


async def link_call(
    session: AsyncSession, clock: Clock, agent: Agent, call_id: UUID, reference: str
) -> CaseRow:
    """Link a call with a case, in the caller's transaction; a second time changes nothing.

    Raises NotThere when the agent may not see one of them.
    """
    call = await call_for(session, agent, call_id, to_change=True)
    case = await case_for(session, agent, reference, to_change=True)
    if call.case_id != case.id:
        await link(session, clock, agent, call, case)
    return case


async def link(
    session: AsyncSession, clock: Clock, agent: Agent, call: CallRow, case: CaseRow
) -> None:
    """The same of a call and a case that are locked already."""
    call.case_id = case.id
    audit.record(
        session,
        clock,
        agent_id=agent.id,
        action="call.linked",
        object_kind="call",
        object_id=str(call.id),
        details={"case": case.reference},
    )
    await record_change(
        session, clock, agent, case, "call_linked", data=facts_of(call), changes=False
    )
    await publish(session, [changed(call)])


def _items(agent: Agent) -> Select[CallRow, str, str, str, str]:
    return (
        select(CallRow, AgentRow.name, QueueRow.slug, QueueRow.name, CaseRow.reference)
        .outerjoin(AgentRow, AgentRow.id == CallRow.agent_id)
        .outerjoin(QueueRow, QueueRow.id == CallRow.queue_id)
        .outerjoin(CaseRow, (CaseRow.id == CallRow.case_id) & visible_cases(agent))
    )


def _item(row: Row[CallRow, str, str, str, str], now: datetime) -> CallItem:
    call, agent_name, queue, queue_name, reference = row
    return CallItem(
        call=call,
        agent_name=agent_name or "",
        queue=queue or "",
        queue_name=queue_name or "",
        reference=reference or "",
        is_going_on=call.state in GOING_ON and call.started_at > now - LONGEST,
    )


def _just_had(call: CallRow, now: datetime) -> bool:
    return (
        call.state == CallState.ENDED
        and call.case_id is None
        and call.ended_at is not None
        and call.ended_at > now - AFTERWARDS
    )
