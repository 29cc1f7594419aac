"""Addresses that nothing is sent to any more, because a mail to them came back for good.

To go on writing to mailboxes that are not there ruins a sender's name with the large providers.
Agents see the list and may take an address off it; a reply is then sent again as ever.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, String, Text, delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from cases import Agent, audit
from core.clock import Clock
from core.database import Base, UtcDateTime, insert_new
from core.errors import NotThere
from notify.models import Medium


class SuppressionRow(Base):
    """One address, and why."""

    __tablename__ = "suppressions"

    address: Mapped[str] = mapped_column(Text, primary_key=True)
    medium: Mapped[str] = mapped_column(String(16), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    """What the other side said."""
    delivery_id: Mapped[UUID | None]
    """The delivery that came back; it may be erased by now."""
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


async def suppress(
    session: AsyncSession,
    clock: Clock,
    *,
    address: str,
    medium: Medium,
    reason: str,
    delivery_id: UUID | None,
) -> None:
    """Send nothing there any more, and tell the audit trail; again it changes nothing."""
    address = address.lower()
    if await session.get(SuppressionRow, (address, medium)) is not None:
        return
    row = {
        "address": address,
        "medium": medium,
        "reason": reason,
        "delivery_id": delivery_id,
        "at": clock(),
    }
    await insert_new(session, SuppressionRow, [row])
    audit.record(
        session,
        clock,
        agent_id=None,
        action="address.suppressed",
        object_kind="address",
        object_id=address,
        details={"medium": medium, "reason": reason},
    )


def is_suppressed(
    address: ColumnElement[str] | InstrumentedAttribute[str], medium: Any
) -> ScalarSelect[str]:
    """In a query: the reason why nothing is sent there, or NULL."""
    suppressions = SuppressionRow.__table__.c
    return (
        select(suppressions.reason)
        .where(suppressions.address == func.lower(address), suppressions.medium == medium)
        .scalar_subquery()
    )


async def suppression(session: AsyncSession, address: str, medium: str) -> str:
    """Why nothing is sent there; empty when it is."""
    row = await session.get(SuppressionRow, (address.lower(), medium))
    return row.reason if row is not None else ""


async def lift_suppression(
    session: AsyncSession, clock: Clock, agent: Agent, *, address: str, medium: str
) -> None:
    """An agent knows better: the mailbox is there again. Raises NotThere."""
    gone = delete(SuppressionRow).where(
        tuple_(SuppressionRow.address, SuppressionRow.medium) == tuple_(address.lower(), medium)
    )
    if not await session.scalar(gone.returning(SuppressionRow.address)):
        raise NotThere("no such address on the list")
    audit.record(
        session,
        clock,
        agent_id=agent.id,
        action="address.allowed",
        object_kind="address",
        object_id=address,
        details={"medium": medium},
    )
