"""The audit trail: what agents and their programs did, signing in and taking documents out
included; that a page was only looked at is not written down."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Index, String, Text, and_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import Clock
from core.database import Base, UtcDateTime
from core.ids import new_id
from core.references import parse_reference


class AuditRow(Base):
    """Names no foreign keys: the trail outlives what it speaks of."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "object_kind", "object_id"), Index(None, "agent_id", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(64))
    object_kind: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)


def record(
    session: AsyncSession,
    clock: Clock,
    *,
    agent_id: UUID | None,
    action: str,
    object_kind: str,
    object_id: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write down an action, in the transaction of its effect."""
    session.add(
        AuditRow(
            id=new_id(),
            at=clock(),
            agent_id=agent_id,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            details=dict(details or {}),
        )
    )


def about(sought: str) -> ColumnElement[bool]:
    """The condition that leaves what was done to a case, an address or an agent."""
    if reference := parse_reference(sought):
        return and_(AuditRow.object_kind == "case", AuditRow.object_id == reference)
    plain = sought if "@" in sought else re.sub(r"[\s.()-]", "", sought)
    return and_(AuditRow.object_kind.in_(("address", "agent")), AuditRow.object_id == plain)
