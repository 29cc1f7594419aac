"""Deliveries as the desk shows them: of one case, and the outbox."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Agent, CaseRow, Role
from cases.access import visible_cases
from core.errors import BadInput, NotThere
from notify.campaigns import CampaignContentRow
from notify.filling import fill
from notify.mail import compose
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.senders.outbox import KEPT
from notify.store import content_of, delivery_of

PAGE = 50  # deliveries


@dataclass(frozen=True, slots=True)
class DeliveryItem:
    """One line of a list of deliveries."""

    id: UUID
    reference: str
    """Of the case that it is about; empty for a mail about an account."""
    kind: str
    """receipt, reply, closed or reopened; or what it says about an account"""
    medium: str
    recipient: str
    subject: str
    status: str
    attempts: int
    in_doubt: int
    """How often its answer was lost, or a crash left it in flight: it may have gone out twice."""
    last_error: str
    message_id: str
    """For a reply, the ``rfc_message_id`` of the message that it carries."""
    due_at: datetime
    created_at: datetime
    sent_at: datetime | None
    provider_id: str
    """What the provider calls it, or said when it took it."""
    sender: str
    """The name of the sender that had it last."""
    failed_over: bool
    """Whether that is another than the first of its medium."""

    @property
    def is_kept(self) -> bool:
        """Whether it stayed in the local outbox."""
        return self.provider_id == KEPT


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    items: Sequence[DeliveryItem]
    next: str | None
    """The cursor of the page after this one."""


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """One mail with all that it says."""

    item: DeliveryItem
    headers: Mapping[str, str]
    text: str
    html: str
    raw: bytes
    """As it goes, or went, over the wire."""


async def deliveries_of_case(session: AsyncSession, case_id: UUID) -> list[DeliveryItem]:
    """What the citizen was told about a case, oldest first; the caller has checked the access.

    Without what their devices showed, which says no more than that there is something.
    """
    query = _items().where(NotificationRow.case_id == case_id, DeliveryRow.medium != Medium.PUSH)
    rows = await session.execute(query.order_by(DeliveryRow.created_at, DeliveryRow.id))
    return [DeliveryItem(**row) for row in rows.mappings()]


async def list_outbox(
    session: AsyncSession, agent: Agent, *, cursor: str = "", limit: int = PAGE
) -> DeliveryPage:
    """One page of deliveries of the cases that the agent may see, the newest first; for a system
    administrator also mails about accounts, as long as they are kept here.

    Raises BadInput when the cursor is not ours.
    """
    newest = (DeliveryRow.created_at.desc(), DeliveryRow.id.desc())
    query = _items().where(_is_sent_by_us(), _visible(agent))
    query = query.order_by(*newest).limit(limit + 1)
    if cursor:
        query = query.where(await _after(session, cursor))
    items = [DeliveryItem(**row) for row in (await session.execute(query)).mappings()]
    following = items[limit - 1].id.hex if len(items) > limit else None
    return DeliveryPage(items[:limit], following)


async def outbox_mail(session: AsyncSession, agent: Agent, delivery_id: UUID) -> OutboxMail:
    """Raises NotThere when there is none, or none for this agent."""
    query = _items().where(DeliveryRow.id == delivery_id, _is_sent_by_us(), _visible(agent))
    found = (await session.execute(query)).mappings().first()
    if found is None:
        raise NotThere("no such mail")
    row = await session.get_one(DeliveryRow, delivery_id)
    shared = await session.get(CampaignContentRow, row.content_id) if row.content_id else None
    content = fill(content_of(row, shared))
    return OutboxMail(
        item=DeliveryItem(**found),
        headers=content.headers,
        text=content.text,
        html=content.html,
        raw=compose(delivery_of(row), content),
    )


async def count_failed(session: AsyncSession, agent: Agent, since: datetime) -> int:
    """How many deliveries of the agent's cases were given up since then."""
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(
            # Written out, so that the index of the failed will do.
            DeliveryRow.status == literal_column(f"'{DeliveryStatus.FAILED}'"),
            DeliveryRow.due_at >= since,
            DeliveryRow.medium != Medium.PUSH,
            visible_cases(agent),
        )
    )
    return await session.scalar(query) or 0


def _items() -> Select[*tuple[Any, ...]]:
    return (
        select(
            DeliveryRow.id,
            func.coalesce(CaseRow.reference, "").label("reference"),
            NotificationRow.kind,
            DeliveryRow.medium,
            DeliveryRow.recipient,
            func.coalesce(CampaignContentRow.subject, DeliveryRow.subject).label("subject"),
            DeliveryRow.status,
            DeliveryRow.attempts,
            DeliveryRow.in_doubt,
            DeliveryRow.last_error,
            DeliveryRow.message_id,
            DeliveryRow.due_at,
            DeliveryRow.created_at,
            DeliveryRow.sent_at,
            DeliveryRow.provider_id,
            DeliveryRow.sender,
            DeliveryRow.failed_over,
        )
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .outerjoin(CaseRow, CaseRow.id == NotificationRow.case_id)
        .outerjoin(CampaignContentRow, CampaignContentRow.id == DeliveryRow.content_id)
    )


def _is_sent_by_us() -> ColumnElement[bool]:
    """Letters have a page of their own; what devices show says nothing by itself."""
    return DeliveryRow.medium.not_in((Medium.LETTER, Medium.PUSH))


def _visible(agent: Agent) -> ColumnElement[bool]:
    """A mail about an account lets its reader in: once it has left the house nobody here reads it.

    While the town has no mail server there is no other way to hand it to the citizen.
    """
    of_cases = and_(NotificationRow.case_id.is_not(None), visible_cases(agent))
    if Role.SYSTEM_ADMIN not in agent.roles:
        return of_cases
    kept = and_(NotificationRow.case_id.is_(None), DeliveryRow.provider_id == KEPT)
    return or_(of_cases, kept)


async def _after(session: AsyncSession, cursor: str) -> ColumnElement[bool]:
    try:
        delivery_id = UUID(hex=cursor)
    except ValueError as problem:
        raise BadInput("the cursor is not one of ours", where="cursor") from problem
    created_at = await session.scalar(
        select(DeliveryRow.created_at).where(DeliveryRow.id == delivery_id)
    )
    if created_at is None:
        raise BadInput("the cursor is not one of ours", where="cursor")
    return tuple_(DeliveryRow.created_at, DeliveryRow.id) < tuple_(created_at, delivery_id)
