"""Appending to a case's history: the one place where a case's change becomes an event."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import CaseEventRow, CaseRow
from core.ids import derived_id
from ingest.events import CaseChange, CaseChanged, Event, new_event

PUBLIC: frozenset[str] = frozenset(
    {
        "opened",
        "message_joined",
        "replied",
        "closed",
        "reopened",
        "withdrawn",
        "change_proposed",
        "change_accepted",
        "change_refused",
        "change_taken_back",
        "document_deposited",
    }
)
"""The changes that the citizen reads on the tracking page."""
UNFULFILLED = "unfulfilled"
"""``outcome`` of a case that was closed without what was asked for."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; the name is kept as it was then."""

    kind: Literal["agent", "citizen", "system"]
    id: UUID | None = None
    name: str = ""


SYSTEM = Actor("system")


def append(
    session: AsyncSession,
    case: CaseRow,
    change: CaseChange,
    *,
    actor: Actor,
    at: datetime,
    message_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> Event:
    """Append to the history; returns the ``case.changed`` event, which the caller publishes."""
    case.event_count += 1
    event_id = derived_id(case.id, f"event:{case.event_count}")
    session.add(
        CaseEventRow(
            id=event_id,
            case_id=case.id,
            sequence=case.event_count,
            kind=change,
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            actor_name=actor.name,
            message_id=message_id,
            data=dict(data or {}),
            public=change in PUBLIC,
        )
    )
    changed = CaseChanged(
        case_id=case.id,
        reference=case.reference,
        sequence=case.event_count,
        change=change,
        message_id=message_id,
    )
    return new_event(changed, key=case.id, id=event_id, time=at)
