"""Taking back a proposed change on which nobody has decided yet."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.history import Actor, append
from cases.models import CaseRow
from cases.procedures.proposals import ProposalState, proposal_of
from core.clock import Clock
from core.errors import NotNow
from core.i18n import N_
from ingest import publish


async def take_back(
    session: AsyncSession, clock: Clock, case: CaseRow, proposal_id: UUID, actor: Actor
) -> None:
    """The citizen does not want the change any more; the caller has locked the case.

    Twice is once. Raises NotThere, and NotNow when an agent has decided.
    """
    row = await proposal_of(session, case, proposal_id)
    if row.state == ProposalState.TAKEN_BACK:
        return
    if row.state != ProposalState.OPEN:
        raise NotNow(N_("This proposal has been decided already."))
    row.state, row.decided_at = ProposalState.TAKEN_BACK, clock()
    case.version += 1
    data = {"proposal": str(row.id)}
    event = append(session, case, "change_taken_back", actor=actor, at=clock(), data=data)
    await session.flush()
    await publish(session, [event])
