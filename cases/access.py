"""Who may see what: every route asks here, and nothing else decides."""

from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from cases.agents import Agent, Role
from cases.models import CallRow, CaseMessageRow, CaseRow, QueueRow
from core.errors import BadInput, NotNow, NotThere, Refused
from core.i18n import N_
from core.text import clean_line
from ingest.models import DocumentRow, MessageRow

SEE_ALL_QUEUES = frozenset({Role.RECEPTION, Role.FUNCTIONAL_ADMIN})
HAND_IN = frozenset({Role.RECEPTION, Role.FUNCTIONAL_ADMIN})
SERVE = frozenset({Role.RECEPTION, Role.HANDLER})
EDIT_PROCEDURES = frozenset({Role.FUNCTIONAL_ADMIN})
WRITE_ENTRIES = frozenset({Role.HANDLER, Role.FUNCTIONAL_ADMIN})
SET_UP_TOPICS = frozenset({Role.FUNCTIONAL_ADMIN})
SEE_TRAIL = frozenset({Role.FUNCTIONAL_ADMIN, Role.SYSTEM_ADMIN})
SEE_QUARANTINE = frozenset({Role.RECEPTION, Role.FUNCTIONAL_ADMIN, Role.SYSTEM_ADMIN})


def visible_queues(agent: Agent) -> ColumnElement[bool]:
    """The condition on ``queues`` that leaves what the agent may see."""
    if agent.roles & SEE_ALL_QUEUES:
        return true()
    return QueueRow.id.in_(agent.queue_ids)


def visible_cases(agent: Agent) -> ColumnElement[bool]:
    """The condition on ``cases`` that leaves what the agent may see."""
    if agent.roles & SEE_ALL_QUEUES:
        return true()
    return CaseRow.queue_id.in_(agent.queue_ids)


def sees_queue(agent: Agent, queue_id: UUID) -> bool:
    """The same as :func:`visible_cases`, of a case's queue that is known already."""
    return bool(agent.roles & SEE_ALL_QUEUES) or queue_id in agent.queue_ids


def visible_calls(agent: Agent) -> ColumnElement[bool]:
    """The condition on ``calls`` that leaves what the agent may see: their own, and those to the
    numbers of their queues."""
    if agent.roles & SEE_ALL_QUEUES:
        return true()
    return or_(CallRow.agent_id == agent.id, CallRow.queue_id.in_(agent.queue_ids))


async def call_for(
    session: AsyncSession, agent: Agent, call_id: UUID, *, to_change: bool = False
) -> CallRow:
    """A call that the agent may see; ``to_change`` locks it. Raises NotThere."""
    query = select(CallRow).where(CallRow.id == call_id, visible_calls(agent))
    call = await session.scalar(query.with_for_update(key_share=True) if to_change else query)
    if call is None:
        raise NotThere("no such call")
    return call


async def case_for(
    session: AsyncSession, agent: Agent, reference: str, *, to_change: bool = False
) -> CaseRow:
    """The case of a reference; ``to_change`` locks it for the transaction.

    Raises
    ------
    NotThere
        When there is none, or none for this agent: the two look alike.
    """
    query = select(CaseRow).where(CaseRow.reference == reference, visible_cases(agent))
    case = await session.scalar(query.with_for_update(key_share=True) if to_change else query)
    if case is None:
        raise NotThere(f"no case {reference}")
    return case


async def document_for(
    session: AsyncSession, agent: Agent, reference: str, document_id: object
) -> DocumentRow:
    """A document of a case that the agent may see.

    Raises NotThere; NotNow when a virus scanner has found something in it.
    """
    case = await case_for(session, agent, reference)
    query = (
        select(DocumentRow)
        .join(CaseMessageRow, CaseMessageRow.message_id == DocumentRow.message_id)
        .where(DocumentRow.id == document_id, CaseMessageRow.case_id == case.id)
    )
    document = await session.scalar(query)
    if document is None:
        raise NotThere("no such document")
    if document.malware:
        raise NotNow(N_("This file is blocked: a virus scanner found something in it."))
    return document


async def message_for(
    session: AsyncSession, agent: Agent, reference: str, message_id: object
) -> MessageRow:
    """A message of a case that the agent may see. Raises NotThere."""
    case = await case_for(session, agent, reference)
    query = (
        select(MessageRow)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(MessageRow.id == message_id, CaseMessageRow.case_id == case.id)
    )
    message = await session.scalar(query)
    if message is None:
        raise NotThere("no such message")
    return message


async def queue_for(session: AsyncSession, slug: str) -> QueueRow:
    """The queue to move a case to: any agent may hand a case to any queue.

    Raises BadInput when there is none: the case is there, and what was asked of it is wrong.
    """
    queue = await session.scalar(select(QueueRow).where(QueueRow.slug == clean_line(slug)))
    if queue is None:
        raise BadInput(N_("There is no such queue."), where="queue")
    return queue


def sees_quarantine(agent: Agent) -> bool:
    """Whether the agent may see what could not be read."""
    return bool(agent.roles & SEE_QUARANTINE)


def check_quarantine(agent: Agent) -> None:
    """Raises Refused unless the agent may see what could not be read."""
    if not sees_quarantine(agent):
        raise Refused("the quarantine is for reception and administrators")


def sees_trail(agent: Agent) -> bool:
    """Whether the agent may read what others did."""
    return bool(agent.roles & SEE_TRAIL)


def check_trail(agent: Agent) -> None:
    """Raises Refused unless the agent may read the audit trail."""
    if not sees_trail(agent):
        raise Refused("the audit trail is for administrators")


def hands_in(agent: Agent) -> bool:
    """Whether the agent may hand in what arrived elsewhere, at the desk or by a program."""
    return bool(agent.roles & HAND_IN)


def check_handing_in(agent: Agent) -> None:
    """Raises Refused unless the agent may hand in what arrived elsewhere."""
    if not hands_in(agent):
        raise Refused("only reception and functional administrators hand in intakes")


def serves(agent: Agent) -> bool:
    """Whether the agent may look citizens up and file for them, at the counter or on the phone."""
    return bool(agent.roles & SERVE)


def check_counter(agent: Agent) -> None:
    """Raises Refused unless the agent may file for citizens."""
    if not serves(agent):
        raise Refused("the counter is for reception and handlers")


def edits_procedures(agent: Agent) -> bool:
    """Whether the agent may change what citizens can ask for online."""
    return bool(agent.roles & EDIT_PROCEDURES)


def check_editing(agent: Agent) -> None:
    """Raises Refused unless the agent may edit procedures."""
    if not edits_procedures(agent):
        raise Refused("only functional administrators edit procedures")


def writes_entries(agent: Agent) -> bool:
    """Whether the agent may write, publish and withdraw what the town announces."""
    return bool(agent.roles & WRITE_ENTRIES)


def check_writing(agent: Agent) -> None:
    """Raises Refused unless the agent may write what the town announces."""
    if not writes_entries(agent):
        raise Refused("only handlers and functional administrators write entries")


def sets_up_topics(agent: Agent) -> bool:
    """Whether the agent may change topics, sections, districts and outside feeds."""
    return bool(agent.roles & SET_UP_TOPICS)


def check_setting_up_topics(agent: Agent) -> None:
    """Raises Refused unless the agent may change the topics."""
    if not sets_up_topics(agent):
        raise Refused("only functional administrators set up topics")
