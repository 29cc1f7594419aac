"""The dispatcher's queries on the deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases import SYSTEM, CaseRow, append
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, Event, new_event
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.senders.contract import Content, Delivery

SETTLED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that may be sent now."""

    delivery: Delivery
    content: Content
    key: UUID
    """Of its events: the case's id, or the notification's when it has none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt."""

    due: Due
    status: DeliveryStatus
    at: datetime
    due_at: datetime
    """When it is tried again; the moment itself when it is not."""
    provider_id: str = ""
    error: str = ""
    in_doubt: bool = False
    """Whether the provider may have taken it, though it did not say so."""


async def read_due(
    session: AsyncSession, media: Collection[Medium], now: datetime, limit: int
) -> list[Due]:
    """What waits to be sent by these media, the longest due first.

    Of what one case has for one recipient the earliest alone, so that none overtakes.
    """
    query = (
        select(DeliveryRow, NotificationRow.case_id)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .where(
            DeliveryRow.status == DeliveryStatus.QUEUED,
            DeliveryRow.due_at <= now,
            DeliveryRow.medium.in_(media),
            ~_has_one_before(),
        )
        .order_by(DeliveryRow.due_at)
        .limit(limit)
    )
    return [_due(row, case_id) for row, case_id in await session.execute(query)]


def _has_one_before() -> ColumnElement[bool]:
    """Whether an earlier delivery of the same case and recipient is not settled yet.

    What is given up is settled: the later ones need not wait for it.
    """
    earlier, its = aliased(DeliveryRow), aliased(NotificationRow)
    return (
        exists()
        .where(
            its.case_id == NotificationRow.case_id,
            earlier.notification_id == its.id,
            earlier.recipient == DeliveryRow.recipient,
            # Said by what it is not, lest SQLite walk through all that is queued, each time anew.
            earlier.status.not_in(SETTLED),
            tuple_(earlier.created_at, earlier.id) < tuple_(DeliveryRow.created_at, DeliveryRow.id),
        )
        .correlate(DeliveryRow, NotificationRow)
    )


async def claim(session: AsyncSession, ids: Sequence[UUID]) -> set[UUID]:
    """Mark them in flight; returns those that were still queued, which are the caller's now."""
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(ids), DeliveryRow.status == DeliveryStatus.QUEUED)
        .values(status=DeliveryStatus.IN_FLIGHT, attempts=DeliveryRow.attempts + 1)
        .returning(DeliveryRow.id)
        .execution_options(synchronize_session=False)
    )
    return set((await session.execute(query)).scalars())


_TABLE = cast(Table, DeliveryRow.__table__)
_SETTLE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row"), _TABLE.c.status == DeliveryStatus.IN_FLIGHT)
    .values(
        status=bindparam("status"),
        due_at=bindparam("due_at"),
        sent_at=bindparam("sent_at"),
        provider_id=bindparam("provider_id"),
        last_error=bindparam("last_error"),
        in_doubt=_TABLE.c.in_doubt + bindparam("doubts"),
    )
)


async def settle(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    """Write down what came of the attempts, and publish it; doing so twice changes nothing.

    What is given up is written into its case's history too, for the agents to see.
    """
    if not outcomes:
        return
    failures = await _tell_cases(session, outcomes)
    await session.execute(
        _SETTLE,
        [
            {
                "row": outcome.due.delivery.id,
                "status": outcome.status,
                "due_at": outcome.due_at,
                "sent_at": outcome.at if outcome.status == DeliveryStatus.SENT else None,
                "provider_id": outcome.provider_id,
                "last_error": outcome.error,
                "doubts": int(outcome.in_doubt),
            }
            for outcome in outcomes
        ],
    )
    await publish(session, [*(_changed(outcome) for outcome in outcomes), *failures])


async def _tell_cases(session: AsyncSession, outcomes: Sequence[Outcome]) -> list[Event]:
    """Append to the cases what is given up just now; returns the events to publish."""
    failed = {o.due.delivery.id: o for o in outcomes if o.status == DeliveryStatus.FAILED}
    if not failed:
        return []
    query = (
        select(DeliveryRow.id, DeliveryRow.recipient, NotificationRow.kind, CaseRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        # What is settled already has been told.
        .where(DeliveryRow.id.in_(failed), DeliveryRow.status == DeliveryStatus.IN_FLIGHT)
        .order_by(CaseRow.id, DeliveryRow.id)  # the same order everywhere: no deadlock
        .with_for_update()
    )
    return [
        append(
            session,
            case,
            "delivery_failed",
            actor=SYSTEM,
            at=failed[delivery_id].at,
            data={"kind": kind, "recipient": recipient, "reason": failed[delivery_id].error},
        )
        for delivery_id, recipient, kind, case in (await session.execute(query)).all()
    ]


async def take_back(session: AsyncSession, media: Collection[Medium], now: datetime) -> int:
    """Queue again what a crash left in flight, as in doubt; returns how many these are."""
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.status == DeliveryStatus.IN_FLIGHT, DeliveryRow.medium.in_(media))
        .values(status=DeliveryStatus.QUEUED, in_doubt=DeliveryRow.in_doubt + 1, due_at=now)
        .returning(DeliveryRow.id, DeliveryRow.notification_id, DeliveryRow.in_doubt)
        .execution_options(synchronize_session=False)
    )
    rows = (await session.execute(query)).all()
    keys = await _keys(session, [notification_id for _, notification_id, _ in rows])
    await publish(
        session,
        [
            new_event(
                DeliveryChanged(delivery_id=delivery_id, status=DeliveryStatus.QUEUED),
                key=keys[notification_id],
                id=derived_id(delivery_id, f"in doubt:{in_doubt}"),
                time=now,
            )
            for delivery_id, notification_id, in_doubt in rows
        ],
    )
    return len(rows)


async def _keys(session: AsyncSession, notification_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    query = select(NotificationRow.id, NotificationRow.case_id).where(
        NotificationRow.id.in_(notification_ids)
    )
    rows = await session.execute(query)
    return {notification_id: case_id or notification_id for notification_id, case_id in rows}


def _due(row: DeliveryRow, case_id: UUID | None) -> Due:
    return Due(delivery_of(row), content_of(row), case_id or row.notification_id)


def delivery_of(row: DeliveryRow) -> Delivery:
    """The delivery as its next attempt sees it."""
    return Delivery(
        id=row.id,
        medium=Medium(row.medium),
        recipient=row.recipient,
        return_path=row.return_path,
        message_id=row.message_id,
        created_at=row.created_at,
        attempts=row.attempts + 1,
        in_doubt=row.in_doubt,
    )


def content_of(row: DeliveryRow) -> Content:
    return Content(subject=row.subject, text=row.text, html=row.html, headers=row.headers)


def _changed(outcome: Outcome) -> Event:
    delivery = outcome.due.delivery
    return new_event(
        DeliveryChanged(delivery_id=delivery.id, status=outcome.status),
        key=outcome.due.key,
        id=derived_id(delivery.id, f"attempt:{delivery.attempts}:{outcome.status}"),
        time=outcome.at,
    )
