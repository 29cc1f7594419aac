"""Changes to a form after it was sent: its citizen proposes them, an agent accepts or refuses.

What was filed stays as it is, in its message. What is accepted lies over it, so that both values
are kept, and who reads the form sees both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from cases.agents import Agent
from cases.changes import case_at, record_change
from cases.history import Actor, append
from cases.models import CaseMessageRow, CaseRow, CaseStatus, JoinedBy
from cases.procedures.definition import Page, Procedure
from cases.procedures.fields import Asked, ConsentField, FilesField
from cases.procedures.form import Surroundings, fill_in, typed_again
from cases.procedures.mistakes import Mistake
from cases.procedures.store import version_of
from cases.procedures.summary import Line, line_of
from core.clock import Clock
from core.database import Base, UtcDateTime
from core.errors import BadInput, NotNow, NotThere
from core.i18n import N_
from core.text import clean_text
from ingest import publish
from ingest.models import MessageRow

MAX_TEXT = 5_000  # characters of a reason or an answer


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    """By the citizen, before anybody had decided."""


class ProposalRow(Base):
    """Other answers that a citizen proposes for a form that they have sent."""

    __tablename__ = "case_proposals"
    __table_args__ = (Index(None, "case_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    message_id: Mapped[UUID] = mapped_column(ForeignKey("messages.id"), index=True)
    """That came with the form."""
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Values by field, as they were when it was proposed."""
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    text: Mapped[str] = mapped_column(Text)
    """Why."""
    state: Mapped[str] = mapped_column(String(16))
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("agents.id"), index=True)
    answer: Mapped[str] = mapped_column(Text)
    """The agent's, which the citizen reads."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a proposal, in words."""

    before: Line
    after: Line


@dataclass(frozen=True, slots=True)
class Proposal:
    id: UUID
    state: str
    text: str
    answer: str
    proposed_at: datetime
    changes: Sequence[Change]

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.OPEN


@dataclass(frozen=True, slots=True)
class CaseForm:
    """The form that a case was opened with, as it stands now."""

    message_id: UUID
    procedure: Procedure
    values: Mapping[str, Any]
    """With what was accepted since."""
    rows: Sequence[ProposalRow]
    """The oldest first."""

    def proposals(self, locale: str) -> Sequence[Proposal]:
        fields = self.procedure.fields
        return [
            Proposal(
                id=row.id,
                state=row.state,
                text=row.text,
                answer=row.answer,
                proposed_at=row.proposed_at,
                changes=[
                    Change(
                        line_of(fields[name], row.before.get(name), locale),
                        line_of(fields[name], value, locale),
                    )
                    for name, value in row.after.items()
                    if name in fields
                ],
            )
            for row in self.rows
        ]

    def pages(self) -> Sequence[Page]:
        """Those that were filled in and have something to change."""
        return [
            page
            for page in self.procedure.pages
            if any(field.name in self.values for field in changeable(page))
        ]


def changeable(page: Page) -> Sequence[Asked]:
    """Files come with a message, and a consent is not taken back by changing a form."""
    return [
        field
        for field in page.fields
        if isinstance(field, Asked) and not isinstance(field, FilesField | ConsentField)
    ]


async def form_of_case(session: AsyncSession, case_id: UUID) -> CaseForm | None:
    """None when it was opened without a form, or with one that is not of this town."""
    query = (
        select(MessageRow.id, MessageRow.details)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(CaseMessageRow.case_id == case_id, CaseMessageRow.joined_by == JoinedBy.OPENING)
    )
    found = (await session.execute(query)).first()
    if found is None or not isinstance(found.details.get("form"), dict):
        return None
    slug, number = str(found.details.get("procedure")), int(found.details.get("version") or 0)
    procedure = await version_of(session, slug, number)
    if procedure is None:
        return None
    rows = await proposals_of(session, [found.id])
    return CaseForm(
        message_id=found.id,
        procedure=procedure,
        values=lying_over(found.details["form"], rows),
        rows=rows,
    )


async def proposals_of(session: AsyncSession, message_ids: Sequence[UUID]) -> Sequence[ProposalRow]:
    """For the forms of these messages, the oldest first."""
    query = (
        select(ProposalRow)
        .where(ProposalRow.message_id.in_(message_ids))
        .order_by(ProposalRow.proposed_at, ProposalRow.id)
    )
    return (await session.scalars(query)).all()


def lying_over(filed: Mapping[str, Any], rows: Sequence[ProposalRow]) -> dict[str, Any]:
    """The values with what was accepted, in the order of the decisions."""
    accepted = [row for row in rows if row.state == ProposalState.ACCEPTED and row.decided_at]
    values = dict(filed)
    for row in sorted(accepted, key=lambda one: (one.decided_at, one.id)):
        values |= row.after
    return values


def changed(
    form: CaseForm, page: Page, typed: Mapping[str, Any], around: Surroundings
) -> tuple[dict[str, Any], Sequence[Mistake]]:
    """The fields of a page that get another value, and what is wrong with what was typed there.

    What was not touched is not checked again: a day that lay ahead may have gone by.
    """
    before = typed_again(form.procedure, form.values)
    touched = {
        field.name for field in changeable(page) if typed.get(field.name) != before.get(field.name)
    }
    filled = fill_in(form.procedure, {**before, **typed}, around)
    shown = next((one for one in filled.pages if one.name == page.name), None)
    if shown is None:
        return {}, []
    after = {
        field.name: filled.values[field.name]
        for field in shown.fields
        if field.name in touched and filled.values[field.name] != form.values.get(field.name)
    }
    return after, [one for one in shown.mistakes if one.control.partition("-")[0] in touched]


async def propose(
    session: AsyncSession,
    clock: Clock,
    case: CaseRow,
    form: CaseForm,
    after: Mapping[str, Any],
    *,
    id: UUID,
    text: str,
    actor: Actor,
) -> None:
    """Enter a proposal; the case, which the caller has locked, waits for the agents then.

    The same ``id`` again changes nothing. Raises NotNow when the case is closed.
    """
    if await session.get(ProposalRow, id) is not None:
        return
    if case.status == CaseStatus.CLOSED:
        raise NotNow(N_("The case is closed already."))
    now = clock()
    row = ProposalRow(
        id=id,
        case_id=case.id,
        message_id=form.message_id,
        before={name: form.values.get(name) for name in after},
        after=dict(after),
        text=clean_text(text).strip()[:MAX_TEXT],
        state=ProposalState.OPEN,
        proposed_at=now,
        answer="",
    )
    session.add(row)
    if case.status == CaseStatus.WAITING:
        case.status = CaseStatus.IN_PROGRESS if case.claimed_by else CaseStatus.NEW
    case.version += 1
    data = {"proposal": str(id), "text": row.text}
    event = append(session, case, "change_proposed", actor=actor, at=now, data=data)
    await session.flush()
    await publish(session, [event])


async def proposal_of(session: AsyncSession, case: CaseRow, proposal_id: UUID) -> ProposalRow:
    """Raises NotThere when the case has no such proposal."""
    row = await session.get(ProposalRow, proposal_id)
    if row is None or row.case_id != case.id:
        raise NotThere("no such proposal")
    return row


async def decide(
    session: AsyncSession,
    clock: Clock,
    agent: Agent,
    reference: str,
    version: int | None,
    proposal_id: UUID,
    *,
    accept: bool,
    text: str = "",
) -> CaseRow:
    """Take the proposal into the form, or leave the form as it is; the citizen reads ``text``.

    Raises NotThere, Conflict, and NotNow when it was decided already.
    """
    case = await case_at(session, agent, reference, version)
    row = await proposal_of(session, case, proposal_id)
    if row.state == ProposalState.TAKEN_BACK:
        raise NotNow(N_("The citizen has taken this proposal back."))
    if row.state != ProposalState.OPEN:
        raise NotNow(N_("This proposal has been decided already."))
    if len(text) > MAX_TEXT:
        raise BadInput(N_("The text is too long."), where="text")
    row.state = ProposalState.ACCEPTED if accept else ProposalState.REFUSED
    row.decided_at, row.decided_by = clock(), agent.id
    row.answer = clean_text(text).strip()
    return await record_change(
        session,
        clock,
        agent,
        case,
        "change_accepted" if accept else "change_refused",
        data={"proposal": str(row.id), "text": row.answer},
    )
