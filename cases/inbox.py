"""The lists that agents work through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import visible_cases, visible_queues
from cases.agents import Agent, AgentRow
from cases.models import CaseRow, CaseStatus, QueueRow
from cases.search import matches
from core.errors import BadInput

PAGE = 50  # cases


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; empty means any, but closed cases are listed only when asked for."""

    q: str = ""
    queue: str = ""
    channel: str = ""
    status: str = ""
    """A status, ``open`` for all but closed (also when empty and there is no ``q``), or ``any``."""


@dataclass(frozen=True, slots=True)
class CaseItem:
    """One line of a list."""

    id: UUID
    reference: str
    subject: str
    excerpt: str
    channel: str
    queue: str
    queue_name: str
    status: str
    sender_name: str
    sender_address: str
    sender_trust: str
    claimed_by: str
    received_at: datetime
    due_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Page:
    items: Sequence[CaseItem]
    next: str | None
    """The cursor of the page after this one."""


@dataclass(frozen=True, slots=True)
class QueueCount:
    slug: str
    name: str
    open: int
    new: int


async def list_cases(
    session: AsyncSession, agent: Agent, filter: Filter, *, cursor: str = "", limit: int = PAGE
) -> Page:
    """One page of cases, the newest first. Raises BadInput when the cursor is not ours."""
    query = (
        select(
            CaseRow.id,
            CaseRow.reference,
            CaseRow.subject,
            CaseRow.excerpt,
            CaseRow.channel,
            QueueRow.slug.label("queue"),
            QueueRow.name.label("queue_name"),
            CaseRow.status,
            CaseRow.sender_name,
            CaseRow.sender_address,
            CaseRow.sender_trust,
            func.coalesce(AgentRow.name, "").label("claimed_by"),
            CaseRow.received_at,
            CaseRow.due_at,
            CaseRow.version,
        )
        .join(QueueRow, QueueRow.id == CaseRow.queue_id)
        .outerjoin(AgentRow, AgentRow.id == CaseRow.claimed_by)
        .where(visible_cases(agent))
        .order_by(CaseRow.id.desc())
        .limit(limit + 1)
    )
    if filter.q.strip():
        query = query.where(matches(filter.q))
    if filter.queue:
        query = query.where(QueueRow.slug == filter.queue)
    if filter.channel:
        query = query.where(CaseRow.channel == filter.channel)
    status = filter.status or ("any" if filter.q.strip() else "open")
    if status == "open":
        query = query.where(CaseRow.status != CaseStatus.CLOSED)
    elif status != "any":
        query = query.where(CaseRow.status == status)
    if cursor:
        query = query.where(CaseRow.id < _id_of(cursor))
    rows = (await session.execute(query)).mappings()
    items = [CaseItem(**row) for row in rows]
    following = items[limit - 1].id.hex if len(items) > limit else None
    return Page(items[:limit], following)


async def count_queues(session: AsyncSession, agent: Agent) -> list[QueueCount]:
    """The agent's queues in their order, with how many cases are open and how many untouched."""
    counts = (
        select(CaseRow.queue_id, CaseRow.status, func.count())
        .where(visible_cases(agent), CaseRow.status != CaseStatus.CLOSED)
        .group_by(CaseRow.queue_id, CaseRow.status)
    )
    by_queue: dict[UUID, dict[str, int]] = {}
    for queue_id, status, count in await session.execute(counts):
        by_queue.setdefault(queue_id, {})[status] = count
    queues = select(QueueRow).where(visible_queues(agent))
    rows = await session.scalars(queues.order_by(QueueRow.position, QueueRow.name))
    return [_queue_count(row, by_queue.get(row.id, {})) for row in rows]


async def list_queues(session: AsyncSession) -> list[tuple[str, str]]:
    """Every queue as (slug, name): where a case may be moved to."""
    query = select(QueueRow.slug, QueueRow.name).order_by(QueueRow.position, QueueRow.name)
    return [(slug, name) for slug, name in await session.execute(query)]


def _queue_count(row: QueueRow, by_status: Mapping[str, int]) -> QueueCount:
    return QueueCount(
        slug=row.slug,
        name=row.name,
        open=sum(by_status.values()),
        new=by_status.get(CaseStatus.NEW, 0),
    )


def _id_of(cursor: str) -> UUID:
    try:
        return UUID(hex=cursor)
    except ValueError as problem:
        raise BadInput("the cursor is not one of ours", where="cursor") from problem
