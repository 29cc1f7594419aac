"""How an agent's change of a case begins and ends, whatever it is."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases import audit
from cases.access import case_for
from cases.agents import Agent
from cases.history import Actor, append
from cases.models import CaseRow
from core.clock import Clock
from core.errors import Conflict
from ingest import publish
from ingest.events import CaseChange, Event

DETAILED = frozenset({"pages_changed", "consent_changed"})
"""Changes of which the audit trail says more than that they were made."""


async def case_at(
    session: AsyncSession, agent: Agent, reference: str, version: int | None
) -> CaseRow:
    """The case, locked for the transaction.

    Raises NotThere when the agent may not see it, Conflict when it is not at ``version`` any more
    (None: whatever it is at).
    """
    case = await case_for(session, agent, reference, to_change=True)
    if version not in (None, case.version):
        raise Conflict("the case was changed meanwhile", current=case.version)
    return case


async def record_change(
    session: AsyncSession,
    clock: Clock,
    agent: Agent,
    case: CaseRow,
    change: CaseChange,
    *,
    message_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
    changes: bool = True,
    following: Sequence[Event] = (),
) -> CaseRow:
    """Write a change into the history and the audit trail, and publish it with what follows."""
    case.version += 1 if changes else 0
    event = append(
        session,
        case,
        change,
        actor=Actor("agent", agent.id, agent.name),
        at=clock(),
        message_id=message_id,
        data=data,
    )
    audit.record(
        session,
        clock,
        agent_id=agent.id,
        action=f"case.{change}",
        object_kind="case",
        object_id=case.reference,
        details=data if change in DETAILED else None,
    )
    await session.flush()
    await publish(session, [event, *following])
    return case
