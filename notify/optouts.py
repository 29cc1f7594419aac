"""Who wants no more of a medium: STOP and START, and what a provider says of them.

Every word on it is kept, as proof; the newest one counts. It counts for all that the town sends,
from the next sending on (:class:`notify.Dispatcher` asks), queued or not.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, aliased, mapped_column

from cases import audit
from core.clock import Clock
from core.database import Base, UtcDateTime, insert_new
from notify.models import Medium

STOPPED = "the recipient wants no more SMS (STOP)"


class OptOutRow(Base):
    """One word of an address on one medium."""

    __tablename__ = "opt_outs"
    __table_args__ = (Index(None, "address", "medium", "at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(String(16))
    allowed: Mapped[bool]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(Text)
    """Where it was said: ``sms STOP``, ``Twilio 21610: …``."""


async def record_wish(
    session: AsyncSession,
    clock: Clock,
    *,
    id: UUID,
    address: str,
    medium: Medium,
    allowed: bool,
    source: str,
) -> None:
    """Write it down, in the audit trail too; the same ``id`` again changes nothing."""
    if await session.get(OptOutRow, id) is not None:
        return
    row = {"id": id, "address": address, "medium": medium, "allowed": allowed, "source": source}
    await insert_new(session, OptOutRow, [row | {"at": clock()}])
    audit.record(
        session,
        clock,
        agent_id=None,
        action=f"{medium}.{'allowed' if allowed else 'stopped'}",
        object_kind="address",
        object_id=address,
        details={"source": source},
    )


async def stopped(session: AsyncSession, medium: Medium, addresses: Collection[str]) -> set[str]:
    """Those of the addresses whose last word on this medium was no."""
    later = aliased(OptOutRow)
    query = select(OptOutRow.address).where(
        OptOutRow.address.in_(addresses),
        OptOutRow.medium == medium,
        OptOutRow.allowed.is_(False),
        ~select(later.id)
        .where(
            later.address == OptOutRow.address,
            later.medium == OptOutRow.medium,
            (later.at > OptOutRow.at) | ((later.at == OptOutRow.at) & (later.id > OptOutRow.id)),
        )
        .exists(),
    )
    return set(await session.scalars(query))
