"""Letters that wait to be printed, and the batches in which they were.

There is no provider to call: a letter is sent when somebody has printed it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Agent, CaseRow
from cases.access import visible_cases
from core.clock import Clock
from core.errors import NotThere
from core.ids import derived_id, new_id
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.models import (
    DeliveryRow,
    DeliveryStatus,
    LetterBatchRow,
    Medium,
    NotificationRow,
)

BATCHES = 30  # that the history shows
MAX_BATCH = 500  # letters


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter, with all that stands on it."""

    id: UUID
    reference: str
    recipient: str
    """Name and address, a line each."""
    subject: str
    text: str
    agent_name: str
    language: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Batch:
    """Letters that were printed together."""

    id: UUID
    printed_at: datetime
    agent_name: str
    letters: int
    """As many as the asking agent may see."""


async def waiting_letters(session: AsyncSession, agent: Agent) -> list[Letter]:
    """Of the cases that the agent may see, the oldest first."""
    query = _letters(agent).where(_waiting()).limit(MAX_BATCH)
    return [Letter(**row) for row in (await session.execute(query)).mappings()]


async def count_waiting_letters(session: AsyncSession, agent: Agent) -> int:
    query = (
        select(func.count())
        .select_from(DeliveryRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(_waiting(), visible_cases(agent))
    )
    return await session.scalar(query) or 0


async def print_letters(session: AsyncSession, clock: Clock, agent: Agent) -> UUID | None:
    """Put all that waits into a batch and mark it as sent; None when nothing waits.

    Two agents who press the button at once get a letter in one batch alone.
    """
    now, batch_id = clock(), new_id()
    chosen = (
        select(DeliveryRow.id, CaseRow.id)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(_waiting(), visible_cases(agent))
        .order_by(DeliveryRow.created_at, DeliveryRow.id)
        .limit(MAX_BATCH)
        .with_for_update(of=DeliveryRow, skip_locked=True)
    )
    keys = dict((await session.execute(chosen)).all())
    if not keys:
        return None
    session.add(LetterBatchRow(id=batch_id, printed_at=now, agent_name=agent.name))
    await session.flush()
    await session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(keys))
        .values(
            status=DeliveryStatus.SENT,
            batch_id=batch_id,
            attempts=DeliveryRow.attempts + 1,
            sent_at=now,
            provider_id="printed",
        )
        .execution_options(synchronize_session=False)
    )
    await publish(
        session,
        [
            new_event(
                DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.SENT),
                key=case_id,
                id=derived_id(delivery_id, "printed"),
                time=now,
            )
            for delivery_id, case_id in keys.items()
        ],
    )
    return batch_id


async def list_batches(session: AsyncSession, agent: Agent) -> list[Batch]:
    """The newest first; those without a letter that the agent may see are left out."""
    query = (
        select(
            LetterBatchRow.id,
            LetterBatchRow.printed_at,
            LetterBatchRow.agent_name,
            func.count().label("letters"),
        )
        .join(DeliveryRow, DeliveryRow.batch_id == LetterBatchRow.id)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(visible_cases(agent))
        .group_by(LetterBatchRow.id, LetterBatchRow.printed_at, LetterBatchRow.agent_name)
        .order_by(LetterBatchRow.id.desc())
        .limit(BATCHES)
    )
    return [Batch(**row) for row in (await session.execute(query)).mappings()]


async def letters_of_batch(session: AsyncSession, agent: Agent, batch_id: UUID) -> Sequence[Letter]:
    """To print them again. Raises NotThere when there is none that the agent may see."""
    query = _letters(agent).where(DeliveryRow.batch_id == batch_id)
    letters = [Letter(**row) for row in (await session.execute(query)).mappings()]
    if not letters:
        raise NotThere("no such batch of letters")
    return letters


async def read_letter(session: AsyncSession, agent: Agent, letter_id: UUID) -> Letter:
    """One that the agent may see, printed or not. Raises NotThere."""
    query = _letters(agent).where(DeliveryRow.id == letter_id, DeliveryRow.medium == Medium.LETTER)
    found = (await session.execute(query)).mappings().one_or_none()
    if found is None:
        raise NotThere("no such letter")
    return Letter(**found)


def _waiting() -> ColumnElement[bool]:
    return (DeliveryRow.status == DeliveryStatus.QUEUED) & (DeliveryRow.medium == Medium.LETTER)


def _letters(agent: Agent) -> Select[*tuple[Any, ...]]:
    return (
        select(
            DeliveryRow.id,
            CaseRow.reference,
            DeliveryRow.recipient,
            DeliveryRow.subject,
            DeliveryRow.text,
            DeliveryRow.headers["Agent"].as_string().label("agent_name"),
            NotificationRow.language,
            DeliveryRow.created_at.label("written_at"),
        )
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(visible_cases(agent))
        .order_by(DeliveryRow.created_at, DeliveryRow.id)
    )
