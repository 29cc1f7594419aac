"""Who has agreed, or not, to be notified: of a case, by a medium, on whose word."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases.agents import Agent
from cases.changes import case_at, record_change
from cases.models import CaseRow
from cases.ways import phone_of
from core.clock import Clock
from core.database import Base, UtcDateTime, insert_new
from core.errors import BadInput
from core.i18n import N_
from core.ids import derived_id, new_id
from ingest.models import MessageRow

ASKED = ("email", "sms")
"""Media by which citizens are asked whether they want to be notified."""
SAID_BY = ("counter", "phone", "email", "scan")
"""How a citizen may say so: at the counter, on the telephone, by e-mail or by letter."""


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
    """How the citizen said so: one of :data:`SAID_BY`."""
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


async def change_consents(
    session: AsyncSession,
    clock: Clock,
    agent: Agent,
    reference: str,
    allowed: Collection[str],
    said_by: str,
) -> CaseRow:
    """Write down what a citizen says now, in the caller's transaction; what was said before stays.

    Parameters
    ----------
    allowed
        Those of :data:`ASKED` that the citizen agrees to; to the others they do not.
    said_by
        One of :data:`SAID_BY`.

    Raises NotThere, and BadInput when there is nowhere to notify them.
    """
    if said_by not in SAID_BY:
        raise BadInput(N_("Say how the citizen told you."), where="said_by")
    case = await case_at(session, agent, reference, None)
    addresses = {
        "email": case.sender_address if "@" in case.sender_address else "",
        "sms": phone_of(case),
    }
    known = (await consents_of(session, [case.id])).get(case.id, {})
    for medium in ASKED:
        yes = medium in allowed
        if known.get(medium) is yes or (medium not in known and not yes):
            continue
        if yes and not addresses[medium]:
            problem = {
                "email": N_("There is no e-mail address to notify the citizen at."),
                "sms": N_("There is no number to notify the citizen at."),
            }[medium]
            raise BadInput(problem, where=f"allow_{medium}")
        session.add(
            ConsentRow(
                id=new_id(),
                case_id=case.id,
                citizen_id=case.citizen_id,
                medium=medium,
                address=addresses[medium],
                allowed=yes,
                said_by=said_by,
                agent_name=agent.name,
                at=clock(),
            )
        )
        data = {"medium": medium, "allowed": yes, "said_by": said_by}
        await record_change(session, clock, agent, case, "consent_changed", data=data)
    return case
