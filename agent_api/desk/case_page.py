"""Building the page of one case."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from agent_api.context import Context
from agent_api.desk.entries import entries_of
from agent_api.desk.frame import desk_of
from agent_api.views import CasePage, Draft, Entry
from cases import Agent, CaseRecord, answered_by_mail, list_queues, read_case
from notify import deliveries_of_case


@dataclass(frozen=True, slots=True)
class Shown:
    """A case with all that its page needs."""

    record: CaseRecord
    queues: Mapping[str, str]
    """Names by slug."""
    entries: list[Entry]


async def read(session: AsyncSession, agent: Agent, reference: str, *, after: int = 0) -> Shown:
    """Raises NotThere. ``after`` leaves out of the entries what the agent has seen."""
    record = await read_case(session, agent, reference, with_html=False)
    queues = dict(await list_queues(session))
    deliveries = await deliveries_of_case(session, record.case.id)
    return Shown(record, queues, entries_of(record, deliveries, queues, after=after))


async def page_of(
    request: Request,
    context: Context,
    agent: Agent,
    session: AsyncSession,
    reference: str,
    draft: Draft | None = None,
) -> CasePage:
    shown = await read(session, agent, reference)
    case, queue = shown.record.case, shown.record.queue
    return CasePage(
        desk=await desk_of(request, context, agent, session),
        reference=case.reference,
        subject=case.subject,
        status=case.status,
        channel=case.channel,
        queue=queue.slug,
        queue_name=queue.name,
        claimed_by=shown.record.claimed_by,
        claimed_by_me=case.claimed_by == agent.id,
        sender_name=case.sender_name,
        sender_address=case.sender_address,
        sender_phone=case.sender_phone,
        sender_trust=case.sender_trust,
        received_at=case.received_at,
        due_at=case.due_at,
        version=case.version,
        sequence=case.event_count,
        queues=list(shown.queues.items()),
        reply_to=case.sender_address if answered_by_mail(case) else "",
        entries=shown.entries,
        draft=draft,
    )
