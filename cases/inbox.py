"""The lists that agents work through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CompoundSelect, Label, Select, desc, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from cases.access import visible_cases, visible_queues
from cases.agents import Agent, AgentRow
from cases.callbacks import CallbackRow
from cases.models import CaseRow, CaseStatus, QueueRow
from cases.search import matches
from core.errors import BadInput

PAGE = 50  # cases
OPEN = (CaseStatus.NEW, CaseStatus.IN_PROGRESS, CaseStatus.WAITING)
"""Named one by one rather than as "not closed": an index finds them among all that are closed."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What to list; empty means any, but closed cases are listed only when asked for."""

    q: str = ""
    queue: str = ""
    channel: str = ""
    status: str = ""
    """A status, ``open`` for all but closed (also when empty and there is no ``q``), ``any``, or
    ``callback`` for those whose citizen is to be called back."""


@dataclass(frozen=True, slots=True)
class CaseItem:
    """One line of a list."""

    id: UUID
    reference: str
    subject: str
    excerpt: str
    automatic: str
    channel: str
    queue: str
    queue_name: str
    status: str
    sender_name: str
    sender_address: str
    sender_phone: str
    sender_trust: str
    claimed_by: str
    received_at: datetime
    due_at: datetime | None
    version: int
    call_before: datetime | None
    """When the citizen is to be called back; None when not."""


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
    found = _ids(session, agent, filter, cursor).order_by(desc("id")).limit(limit + 1).subquery()
    query = (
        select(
            CaseRow.id,
            CaseRow.reference,
            CaseRow.subject,
            CaseRow.excerpt,
            CaseRow.automatic,
            CaseRow.channel,
            QueueRow.slug.label("queue"),
            QueueRow.name.label("queue_name"),
            CaseRow.status,
            CaseRow.sender_name,
            CaseRow.sender_address,
            CaseRow.sender_phone,
            CaseRow.sender_trust,
            func.coalesce(AgentRow.name, "").label("claimed_by"),
            CaseRow.received_at,
            CaseRow.due_at,
            CaseRow.version,
            _call_before(),
        )
        .join(found, found.c.id == CaseRow.id)
        .join(QueueRow, QueueRow.id == CaseRow.queue_id)
        .outerjoin(AgentRow, AgentRow.id == CaseRow.claimed_by)
        .order_by(CaseRow.id.desc())
    )
    rows = (await session.execute(query)).mappings()
    items = [CaseItem(**row) for row in rows]
    following = items[limit - 1].id.hex if len(items) > limit else None
    return Page(items[:limit], following)


def _ids(
    session: AsyncSession, agent: Agent, filter: Filter, cursor: str
) -> CompoundSelect[UUID] | Select[UUID]:
    """The cases that a filter leaves.

    One select a status, which the store merges: each is in the order of an index, so that a page
    costs the same however many cases are open or closed.
    """
    conditions = [visible_cases(agent)]
    if filter.q.strip():
        conditions.append(matches(session, filter.q))
    if filter.queue:
        queue = select(QueueRow.id).where(QueueRow.slug == filter.queue)
        conditions.append(CaseRow.queue_id == queue.scalar_subquery())
    if filter.channel:
        conditions.append(CaseRow.channel == filter.channel)
    if cursor:
        conditions.append(CaseRow.id < _id_of(cursor))
    ids = select(CaseRow.id).where(*conditions)
    if filter.status == "callback":
        to_call = select(CallbackRow.case_id).where(CallbackRow.ended_at.is_(None))
        return ids.where(CaseRow.id.in_(to_call))
    status = filter.status or ("any" if filter.q.strip() else "open")
    if status == "open":
        return union_all(*(ids.where(CaseRow.status == one) for one in OPEN))
    return ids if status == "any" else ids.where(CaseRow.status == status)


def _call_before() -> Label[datetime]:
    """Of the most urgent call; asked for the cases of one page alone."""
    query = select(func.min(CallbackRow.due_at)).where(
        CallbackRow.case_id == CaseRow.id, CallbackRow.ended_at.is_(None)
    )
    return query.correlate(CaseRow).scalar_subquery().label("call_before")


async def count_queues(session: AsyncSession, agent: Agent) -> list[QueueCount]:
    """The agent's queues in their order, with how many cases are open and how many untouched."""
    # By queue and status, which is an index: what it costs grows with the open cases alone.
    visible = select(QueueRow.id).where(visible_queues(agent))
    counts = (
        select(CaseRow.queue_id, CaseRow.status, func.count())
        .where(CaseRow.queue_id.in_(visible), CaseRow.status.in_(OPEN))
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
