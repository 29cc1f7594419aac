"""Whether an agent may bring a case into its new status: the procedure that it came by decides."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.agents import Agent
from cases.models import CaseMessageRow, CaseRow, JoinedBy
from core.errors import NotNow
from core.i18n import N_
from ingest.models import MessageRow

NOT_YOURS = N_("In this procedure, agents of another role bring a case into this state.")


async def check_move(session: AsyncSession, agent: Agent, case: CaseRow) -> None:
    """Raises NotNow. A case of no procedure moves as agents like."""
    # Imported here: procedures stand on cases.
    from cases.procedures.store import version_of

    query = (
        select(MessageRow.details)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(CaseMessageRow.case_id == case.id, CaseMessageRow.joined_by == JoinedBy.OPENING)
    )
    details = await session.scalar(query) or {}
    if not details.get("procedure"):
        return
    number = int(details.get("version", 0))
    procedure = await version_of(session, str(details["procedure"]), number)
    for status in procedure.statuses if procedure else ():
        roles = {*status.moved_by} if status.status == case.status else set()
        if roles and not agent.roles & roles:
            raise NotNow(NOT_YOURS)
