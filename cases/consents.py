"""Who has agreed, or not, to be notified: of a case, by a medium, on whose word."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import CaseRow
from core.database import Base, UtcDateTime, insert_new
from core.ids import derived_id
from ingest.models import MessageRow


class ConsentRow(Base):
    """What a citizen said to an agent; a later row of a case and medium takes its place."""

    __tablename__ = "consents"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    citizen_id: Mapped[UUID | None] = mapped_column(ForeignKey("citizens.id"), index=True)
    medium: Mapped[str] = mapped_column(String(16))
    """``email`` or ``sms``."""
    address: Mapped[str] = mapped_column(Text)
    """Where to; empty when they gave none."""
    allowed: Mapped[bool]
    said_by: Mapped[str] = mapped_column(String(16))
    """How the citizen said so: ``counter`` or ``phone``."""
    agent_name: Mapped[str] = mapped_column(Text)
    """On whose word it is here."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)


async def record_consents(session: AsyncSession, case: CaseRow, message: MessageRow) -> None:
    """What the filing agent ticked; ``details`` of the message names the media.

    The ids follow from the message, so that a replay records nothing twice.
    """
    asked = str(message.details.get("asked", "")).split()
    allowed = str(message.details.get("allowed", "")).split()
    phone = message.sender_phone or message.sender_address
    addresses = {
        "email": message.sender_address if "@" in message.sender_address else "",
        "sms": phone if phone.startswith("+") else "",
    }
    await insert_new(
        session,
        ConsentRow,
        [
            {
                "id": derived_id(message.id, f"consent:{medium}"),
                "case_id": case.id,
                "citizen_id": case.citizen_id,
                "medium": medium,
                "address": addresses.get(medium, ""),
                "allowed": medium in allowed,
                "said_by": message.channel,
                "agent_name": str(message.details.get("by", "")),
                "at": message.received_at,
            }
            for medium in asked
        ],
    )


async def consents_of(
    session: AsyncSession, case_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[str, bool]]:
    """Of each case what was said last of each medium; nothing where nobody asked."""
    query = (
        select(ConsentRow.case_id, ConsentRow.medium, ConsentRow.allowed)
        .where(ConsentRow.case_id.in_(case_ids))
        .order_by(ConsentRow.at, ConsentRow.id)
    )
    found: dict[UUID, dict[str, bool]] = {}
    for case_id, medium, allowed in await session.execute(query):
        found.setdefault(case_id, {})[medium] = allowed
    return found
