"""The cases of a citizen: which are theirs, and what they do to them. Nobody else decides that."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    ForeignKey,
    delete,
    exists,
    literal,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases.history import Actor, append
from cases.models import CaseRow, CaseStatus
from core.clock import Clock
from core.database import Base, UtcDateTime, insert_new
from core.errors import NotNow, NotThere
from core.i18n import N_
from ingest import publish
from ingest.message import Trust

MAX_LISTED = 500


class CaseHolderRow(Base):
    """That a citizen has shown the tracking key of a case, or wrote it from an address that they
    had proven: it is theirs, whatever becomes of the address."""

    __tablename__ = "case_holders"

    citizen_id: Mapped[UUID] = mapped_column(ForeignKey("citizens.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Holder:
    """A citizen who is signed in; ``addresses`` are proven to be theirs."""

    citizen_id: UUID
    addresses: Collection[str]
    name: str = ""

    @property
    def their_cases(self) -> ColumnElement[bool]:
        """Anybody can write under an address: what is not proven is not theirs."""
        wrote = select(CaseRow.id).where(
            CaseRow.citizen_id == self.citizen_id,
            CaseRow.sender_trust == Trust.VERIFIED,
            CaseRow.sender_address.in_(self.addresses),
        )
        holds = select(CaseHolderRow.case_id).where(CaseHolderRow.citizen_id == self.citizen_id)
        return CaseRow.id.in_(wrote.union(holds))


def claims_on_cases(case_ids: Collection[UUID]) -> CompoundSelect[UUID, UUID | None, str]:
    """Whose these cases are, as :class:`Holder` has it from the other side.

    A query of ``case_id``, ``citizen_id`` and the ``address`` that must be proven to be that
    citizen's; empty for none.
    """
    wrote = select(
        CaseRow.id.label("case_id"), CaseRow.citizen_id, CaseRow.sender_address.label("address")
    ).where(CaseRow.id.in_(case_ids), CaseRow.sender_trust == Trust.VERIFIED)
    holds = select(CaseHolderRow.case_id, CaseHolderRow.citizen_id, literal("")).where(
        CaseHolderRow.case_id.in_(case_ids)
    )
    # A mail without a sender is nobody's.
    return wrote.where(CaseRow.sender_address != "").union_all(holds)


async def cases_of_citizen(
    session: AsyncSession,
    holder: Holder,
    *,
    statuses: Collection[str] = tuple(CaseStatus),
    most: int = MAX_LISTED,
) -> Sequence[CaseRow]:
    """The newest first."""
    query = (
        select(CaseRow)
        .where(holder.their_cases, CaseRow.status.in_(statuses))
        .order_by(CaseRow.id.desc())
        .limit(most)
    )
    return (await session.scalars(query)).all()


async def case_of_citizen(
    session: AsyncSession, holder: Holder, reference: str, *, to_change: bool = False
) -> CaseRow:
    """Raises NotThere when there is none, or none of theirs."""
    query = select(CaseRow).where(CaseRow.reference == reference, holder.their_cases)
    if to_change:
        query = query.with_for_update(of=CaseRow)
    case = await session.scalar(query)
    if case is None:
        raise NotThere(f"no case {reference}")
    return case


async def holders_of_case(session: AsyncSession, case: CaseRow) -> Sequence[UUID]:
    """The citizens whose case it may be: who opened it, then who has shown its key, the first
    first. Of an account :func:`has_case` decides."""
    query = (
        select(CaseHolderRow.citizen_id)
        .where(CaseHolderRow.case_id == case.id)
        .order_by(CaseHolderRow.since, CaseHolderRow.citizen_id)
    )
    holders = (await session.scalars(query)).all()
    return [*dict.fromkeys([*([case.citizen_id] if case.citizen_id else ()), *holders])]


async def has_case(session: AsyncSession, holder: Holder, case: CaseRow) -> bool:
    """Whether it is theirs."""
    query = select(CaseRow.id).where(CaseRow.id == case.id, holder.their_cases)
    return await session.scalar(query) is not None


async def keyed_case(session: AsyncSession, reference: str, *, to_change: bool = False) -> CaseRow:
    """For who has shown its tracking key: the caller answers for that. Raises NotThere."""
    query = select(CaseRow).where(CaseRow.reference == reference)
    case = await session.scalar(query.with_for_update() if to_change else query)
    if case is None:
        raise NotThere(f"no case {reference}")
    return case


async def withdraw_case(session: AsyncSession, clock: Clock, case: CaseRow, actor: Actor) -> None:
    """The citizen asks for nothing any more; the caller has locked the case.

    Raises NotNow when it is closed.
    """
    if case.status == CaseStatus.CLOSED:
        raise NotNow(N_("The case is closed already."))
    now = clock()
    case.status, case.closed_at = CaseStatus.CLOSED, now
    case.version += 1
    event = append(session, case, "withdrawn", actor=actor, at=now)
    await session.flush()
    await publish(session, [event])


async def hold_case(session: AsyncSession, clock: Clock, citizen_id: UUID, case_id: UUID) -> None:
    """The citizen has shown what only who filed the case knows."""
    row = {"citizen_id": citizen_id, "case_id": case_id, "since": clock()}
    await insert_new(session, CaseHolderRow, [row])


async def hold_cases_of(
    session: AsyncSession, clock: Clock, citizen_id: UUID, *, sender: UUID, address: str
) -> None:
    """What ``sender`` has proven to have written from ``address`` is this citizen's, and stays so
    when the address is somebody else's one day."""
    query = select(CaseRow.id).where(
        CaseRow.citizen_id == sender,
        CaseRow.sender_trust == Trust.VERIFIED,
        CaseRow.sender_address == address,
    )
    now = clock()
    rows = [
        {"citizen_id": citizen_id, "case_id": case_id, "since": now}
        for case_id in await session.scalars(query)
    ]
    await insert_new(session, CaseHolderRow, rows)


async def let_go_of_cases(session: AsyncSession, citizen_id: UUID) -> bool:
    """Returns whether the record has cases of this citizen all the same."""
    await session.execute(delete(CaseHolderRow).where(CaseHolderRow.citizen_id == citizen_id))
    return bool(await session.scalar(select(exists().where(CaseRow.citizen_id == citizen_id))))
