"""The dispatcher's queries on the deliveries, and on the dispatchers themselves.

On PostgreSQL several dispatchers ask them at once. Rows of deliveries are locked first and in
the order of their ids, or not waited for, and cases after them: so no two wait for each other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import ColumnElement, Table, bindparam, delete, exists, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from cases import SYSTEM, CaseRow, append
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, Event, new_event
from notify.campaigns import CampaignContentRow, is_held
from notify.filling import fill
from notify.models import DeliveryRow, DeliveryStatus, DispatcherRow, Medium, NotificationRow
from notify.senders.contract import Content, Delivery

SETTLED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that may be sent now."""

    delivery: Delivery
    content: Content
    key: UUID
    """Of its events: the case's id, or the notification's when it has none."""
    traceparent: str | None
    """The span that queued it."""


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
        select(DeliveryRow, NotificationRow.case_id, CampaignContentRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .outerjoin(CampaignContentRow, CampaignContentRow.id == DeliveryRow.content_id)
        .where(
            DeliveryRow.status == DeliveryStatus.QUEUED,
            DeliveryRow.due_at <= now,
            DeliveryRow.medium.in_(media),
            ~_has_one_before(),
            ~is_held(DeliveryRow.campaign_id),
        )
        .order_by(DeliveryRow.due_at)
        .limit(limit)
    )
    rows = await session.execute(query)
    return [_due(row, case_id, shared) for row, case_id, shared in rows]


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


async def claim(session: AsyncSession, dues: Sequence[Due], by: UUID) -> set[UUID]:
    """Mark them in flight for this dispatcher; returns the ids of those that are the caller's now.

    The others were taken, and perhaps tried, since they were read.
    """
    as_read = [(due.delivery.id, due.delivery.attempts - 1) for due in dues]
    free = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.id.in_([due.delivery.id for due in dues]),  # the index, for SQLite
            tuple_(DeliveryRow.id, DeliveryRow.attempts).in_(as_read),
            DeliveryRow.status == DeliveryStatus.QUEUED,
        )
        .with_for_update(skip_locked=True)
    )
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(free))
        .values(
            status=DeliveryStatus.IN_FLIGHT,
            claimed_by=by,
            attempts=DeliveryRow.attempts + 1,
        )
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
        claimed_by=None,
        due_at=bindparam("due_at"),
        sent_at=bindparam("sent_at"),
        provider_id=bindparam("provider_id"),
        last_error=bindparam("last_error"),
        in_doubt=_TABLE.c.in_doubt + bindparam("doubts"),
    )
)


async def settle(session: AsyncSession, outcomes: Sequence[Outcome], by: UUID) -> None:
    """Write down what came of the attempts, and publish it; doing so twice changes nothing.

    Neither does it for what this dispatcher no longer has, because it was taken back. What is
    given up is written into its case's history too, for the agents to see.
    """
    outcomes = await _still_held(session, outcomes, by)
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


async def _still_held(
    session: AsyncSession, outcomes: Sequence[Outcome], by: UUID
) -> Sequence[Outcome]:
    """Those of attempts that this dispatcher has in flight, locked until the commit."""
    if not outcomes:
        return []
    query = (
        select(DeliveryRow.id, DeliveryRow.attempts)
        .where(
            DeliveryRow.id.in_([outcome.due.delivery.id for outcome in outcomes]),
            DeliveryRow.status == DeliveryStatus.IN_FLIGHT,
            DeliveryRow.claimed_by == by,
        )
        .order_by(DeliveryRow.id)
        .with_for_update()
    )
    held = {(row_id, attempts) for row_id, attempts in await session.execute(query)}
    return [o for o in outcomes if (o.due.delivery.id, o.due.delivery.attempts) in held]


async def _tell_cases(session: AsyncSession, held: Sequence[Outcome]) -> list[Event]:
    """Append to the cases what is given up just now; returns the events to publish."""
    failed = {o.due.delivery.id: o for o in held if o.status == DeliveryStatus.FAILED}
    if not failed:
        return []
    query = (
        select(DeliveryRow.id, DeliveryRow.recipient, NotificationRow.kind, CaseRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        .where(DeliveryRow.id.in_(failed))
        .order_by(CaseRow.id, DeliveryRow.id)  # the same order everywhere: no deadlock
        # Not their keys: rows that refer to a case are checked at the end of other transactions.
        .with_for_update(of=CaseRow, key_share=True)
    )
    return [
        tell_case(session, case, kind, recipient, failed[delivery_id].error, failed[delivery_id].at)
        for delivery_id, recipient, kind, case in (await session.execute(query)).all()
    ]


def tell_case(
    session: AsyncSession, case: CaseRow, kind: str, recipient: str, reason: str, at: datetime
) -> Event:
    """Append to the case that a notification did not arrive; returns the event to publish."""
    data = {"kind": kind, "recipient": recipient, "reason": reason}
    return append(session, case, "delivery_failed", actor=SYSTEM, at=at, data=data)


async def show(session: AsyncSession, dispatcher: UUID, now: datetime) -> None:
    """Let the others see that this dispatcher is at work; on PostgreSQL, where there may be any."""
    query = insert(DispatcherRow).values(id=dispatcher, seen_at=now)
    await session.execute(
        query.on_conflict_do_update(index_elements=[DispatcherRow.id], set_={"seen_at": now})
    )


async def leave(session: AsyncSession, dispatcher: UUID) -> None:
    """What this dispatcher still has in flight may be taken back at once."""
    await session.execute(delete(DispatcherRow).where(DispatcherRow.id == dispatcher))


async def take_back(
    session: AsyncSession,
    media: Collection[Medium],
    now: datetime,
    *,
    by: UUID,
    busy: Collection[UUID],
    seen_since: datetime,
) -> int:
    """Queue again, as in doubt, what nobody has in hand any more; returns how many these are.

    Parameters
    ----------
    by, busy
        The dispatcher that asks, and the deliveries it is busy with. Others that are marked as
        its own come from a claim that was stored though the store's answer was lost.
    seen_since
        Dispatchers not seen since then are gone.
    """
    at_work = exists().where(
        DispatcherRow.id == DeliveryRow.claimed_by,
        DispatcherRow.id != by,
        DispatcherRow.seen_at >= seen_since,
    )
    lost = (
        select(DeliveryRow.id)
        .where(
            DeliveryRow.status == DeliveryStatus.IN_FLIGHT,
            DeliveryRow.medium.in_(media),
            DeliveryRow.id.not_in(busy),
            ~at_work,
        )
        # Who settles or takes back just now has it in hand.
        .with_for_update(skip_locked=True)
    )
    query = (
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(lost))
        .values(
            status=DeliveryStatus.QUEUED,
            claimed_by=None,
            in_doubt=DeliveryRow.in_doubt + 1,
            due_at=now,
        )
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
    await session.execute(delete(DispatcherRow).where(DispatcherRow.seen_at < seen_since))
    return len(rows)


async def _keys(session: AsyncSession, notification_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    query = select(NotificationRow.id, NotificationRow.case_id).where(
        NotificationRow.id.in_(notification_ids)
    )
    rows = await session.execute(query)
    return {notification_id: case_id or notification_id for notification_id, case_id in rows}


def _due(row: DeliveryRow, case_id: UUID | None, shared: CampaignContentRow | None) -> Due:
    key = case_id or row.notification_id
    return Due(delivery_of(row), content_of(row, shared), key, row.traceparent)


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


def content_of(row: DeliveryRow, shared: CampaignContentRow | None = None) -> Content:
    """``shared`` are the words of the campaign that it is part of."""
    if shared is not None:
        return fill(shared, row.personal or {})
    return Content(subject=row.subject, text=row.text, html=row.html, headers=row.headers)


def _changed(outcome: Outcome) -> Event:
    delivery = outcome.due.delivery
    return new_event(
        DeliveryChanged(delivery_id=delivery.id, status=outcome.status),
        key=outcome.due.key,
        id=derived_id(delivery.id, f"attempt:{delivery.attempts}:{outcome.status}"),
        time=outcome.at,
    )
