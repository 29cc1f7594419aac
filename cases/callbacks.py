"""Call-back tasks: a citizen is to be telephoned, until it is done or they cannot be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases import audit
from cases.agents import Agent
from cases.changes import case_at, record_change
from cases.history import Actor, append
from cases.models import CaseRow, CaseStatus
from core.clock import Clock
from core.database import Base, UtcDateTime
from core.errors import BadInput, NotNow, NotThere
from core.i18n import N_
from core.ids import new_id
from core.text import clean_line, clean_text
from ingest import publish

MAX_REASON = 2_000  # characters
MAX_TRIES = 1_000

Outcome = Literal["done", "again", "unreachable"]
"""The call was made; it is to be tried again; the citizen cannot be reached, and we give up."""


class CallbackRow(Base):
    __tablename__ = "callbacks"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    phone: Mapped[str] = mapped_column(String(32))
    """As the agent wrote it, or E.164."""
    reason: Mapped[str] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    requested_by: Mapped[str] = mapped_column(Text)
    """The agent's name; empty for the system, of a missed call."""
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(default=0)
    """Calls that came to nothing."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(16), default="")
    """``done`` or ``unreachable``; empty while it is open."""


# Of all that were ever made few are open.
Index(
    "ix_callbacks_open",
    CallbackRow.due_at,
    CallbackRow.case_id,
    sqlite_where=CallbackRow.ended_at.is_(None),
    postgresql_where=CallbackRow.ended_at.is_(None),
)


async def request_callback(
    session: AsyncSession,
    case_id: UUID,
    phone: str,
    reason: str,
    due_at: datetime,
    actor: Actor,
    *,
    at: datetime,
    id: UUID | None = None,
) -> CallbackRow:
    """Make a call-back task on a case, in the caller's transaction; a closed case opens again.

    Parameters
    ----------
    actor
        Who wants it: an agent, or ``SYSTEM`` for a missed call.
    at
        Now.
    id
        Of the task, derived from its cause (a call) where that may be told twice: the second time
        nothing happens. A new one when left out.

    Raises BadInput without a number, NotThere without a case.
    """
    if id is not None and (known := await session.get(CallbackRow, id)) is not None:
        return known
    phone = clean_line(phone)[:32]
    if not any(letter.isdigit() for letter in phone):
        raise BadInput(N_("Say which number is to be called."), where="phone")
    case = await session.get(CaseRow, case_id, with_for_update={"key_share": True})
    if case is None:
        raise NotThere(f"no case {case_id}")
    row = CallbackRow(
        id=id or new_id(),
        case_id=case.id,
        phone=phone,
        reason=clean_text(reason).strip()[:MAX_REASON],
        requested_at=at,
        requested_by=actor.name,
        due_at=due_at,
        tries=0,
        outcome="",
    )
    session.add(row)
    if case.status in (CaseStatus.CLOSED, CaseStatus.WAITING):
        case.status = CaseStatus.IN_PROGRESS if case.claimed_by else CaseStatus.NEW
        case.closed_at = None
    case.version += 1
    data = {"phone": phone, "text": row.reason, "due_at": due_at.isoformat()}
    event = append(session, case, "callback_requested", actor=actor, at=at, data=data)
    await session.flush()
    await publish(session, [event])
    return row


async def open_callbacks(session: AsyncSession, case_id: UUID) -> Sequence[CallbackRow]:
    """Those of a case that are still to be made, the most urgent first; its access is checked."""
    query = select(CallbackRow).where(
        CallbackRow.case_id == case_id, CallbackRow.ended_at.is_(None)
    )
    return (await session.scalars(query.order_by(CallbackRow.due_at, CallbackRow.id))).all()


@dataclass(frozen=True, slots=True)
class Callbacks:
    """What an agent does with call-back tasks; raises as :class:`cases.Actions` does."""

    session: AsyncSession
    clock: Clock
    agent: Agent

    async def request(
        self, reference: str, version: int | None, phone: str, reason: str, due_at: datetime
    ) -> CaseRow:
        case = await case_at(self.session, self.agent, reference, version)
        if case.status == CaseStatus.CLOSED:
            raise NotNow(N_("The case is closed: reopen it first."))
        if case.claimed_by is None:
            case.claimed_by = self.agent.id
        if case.status == CaseStatus.NEW:
            case.status = CaseStatus.IN_PROGRESS
        await self.session.flush()
        actor = Actor("agent", self.agent.id, self.agent.name)
        await request_callback(self.session, case.id, phone, reason, due_at, actor, at=self.clock())
        audit.record(
            self.session,
            self.clock,
            agent_id=self.agent.id,
            action="case.callback_requested",
            object_kind="case",
            object_id=case.reference,
        )
        return case

    async def called(
        self,
        reference: str,
        callback_id: UUID,
        outcome: Outcome,
        note: str,
        due_at: datetime | None = None,
    ) -> CaseRow:
        """Write down what came of a call; ``due_at`` is when it is tried again."""
        case = await case_at(self.session, self.agent, reference, None)
        row = await self.session.get(CallbackRow, callback_id, with_for_update=True)
        if row is None or row.case_id != case.id:
            raise NotThere("no such call-back")
        if row.ended_at is not None:
            raise NotNow(N_("This call has been made already."))
        if outcome == "again":
            if due_at is None:
                raise BadInput(N_("Say when the call is to be made."), where="due")
            row.due_at, row.tries = due_at, min(row.tries + 1, MAX_TRIES)
        else:
            row.ended_at, row.outcome = self.clock(), outcome
        data = {"phone": row.phone, "text": clean_text(note).strip()[:MAX_REASON]}
        match outcome:
            case "done":
                return await self._done(case, "callback_done", data)
            case "again":
                return await self._done(
                    case, "callback_again", {**data, "due_at": row.due_at.isoformat()}
                )
            case "unreachable":
                return await self._done(case, "callback_unreachable", data)

    async def _done(
        self,
        case: CaseRow,
        change: Literal["callback_done", "callback_again", "callback_unreachable"],
        data: dict[str, str],
    ) -> CaseRow:
        return await record_change(self.session, self.clock, self.agent, case, change, data=data)
