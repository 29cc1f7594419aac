"""Documents that an agent asks a citizen for, until they come."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.clock import Clock
from core.database import Base, UtcDateTime
from core.errors import BadInput
from core.i18n import N_
from core.ids import new_id
from core.text import clean_line
from ingest.models import MessageRow

MAX_WANTED = 10  # at once
MAX_NAME = 150  # characters


class WantedRow(Base):
    __tablename__ = "wanted_documents"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    name: Mapped[str] = mapped_column(Text)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True)
    """That it came with; None while the town waits for it."""


def wanted_names(text: str) -> list[str]:
    """One a line, as an agent types them. Raises BadInput."""
    names = [name for line in text.splitlines() if (name := clean_line(line))]
    if len(names) > MAX_WANTED or any(len(name) > MAX_NAME for name in names):
        raise BadInput(
            N_("Ask for ten documents at most, each named in a few words."), where="wanted"
        )
    return names


def want(session: AsyncSession, clock: Clock, case_id: UUID, names: Sequence[str]) -> None:
    """Ask for them; the caller tells the citizen."""
    now = clock()
    for name in names:
        row = WantedRow(id=new_id(), case_id=case_id, name=name, asked_at=now, message_id=None)
        session.add(row)


async def wanted_of(session: AsyncSession, case_id: UUID) -> Sequence[WantedRow]:
    """What a case still waits for, the oldest first."""
    query = (
        select(WantedRow)
        .where(WantedRow.case_id == case_id, WantedRow.message_id.is_(None))
        .order_by(WantedRow.id)
    )
    return (await session.scalars(query)).all()


async def given(session: AsyncSession, case_id: UUID, message: MessageRow) -> None:
    """What a message of the case says that it brings has come."""
    ids = _ids(message.details.get("given"))
    if ids:
        await session.execute(
            update(WantedRow)
            .where(
                WantedRow.id.in_(ids),
                WantedRow.case_id == case_id,
                WantedRow.message_id.is_(None),
            )
            .values(message_id=message.id)
        )


def _ids(told: object) -> Collection[UUID]:
    return [UUID(str(one)) for one in told] if isinstance(told, list) else ()
