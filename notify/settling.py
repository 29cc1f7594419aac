"""What came of attempts, written down; and told to the case where a delivery was given up."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Table, TextualSelect, Uuid, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases import SYSTEM, CaseRow, append
from core.database import UtcDateTime, is_postgresql
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, Event, new_event
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.store import GIVEN_UP, Outcome, in_json

_TABLE = cast(Table, DeliveryRow.__table__)
_SETTLE = (
    update(_TABLE)
    .where(_TABLE.c.id == bindparam("row"), _TABLE.c.status == DeliveryStatus.IN_FLIGHT)
    .values(
        status=bindparam("status"),
        claimed_by=None,
        due_at=bindparam("due_at"),
        provider_id=bindparam("provider_id"),
        last_error=bindparam("last_error"),
        declined_by=bindparam("declined_by"),
        failed_over=bindparam("failed_over"),
        in_doubt=_TABLE.c.in_doubt + bindparam("doubts"),
    )
)


_SENT = (
    "UPDATE deliveries SET status = 'sent', claimed_by = NULL, due_at = :at, sent_at = :at,"
    " provider_id = given.provider_id, last_error = '', failed_over = given.failed_over"
    " FROM {given} WHERE deliveries.id = given.id AND deliveries.attempts = given.attempts"
    # Not by the index of what is in flight: all of that would be gone through, by SQLite for each.
    " AND deliveries.status || '' = 'in_flight' AND NOT deliveries.claimed_by <> :by"
    " RETURNING deliveries.id"
)


def _sent(given: str) -> TextualSelect:
    query = text(_SENT.format(given=given)).bindparams(
        bindparam("at", type_=UtcDateTime), bindparam("by", type_=Uuid)
    )
    return query.columns(id=Uuid)


_SENT_POSTGRESQL = _sent(
    "json_to_recordset(CAST(:rows AS json))"
    " AS given (id uuid, attempts integer, provider_id text, failed_over boolean)"
)
_SENT_SQLITE = _sent(
    "(SELECT value ->> 'id' AS id, value ->> 'attempts' AS attempts,"
    " value ->> 'provider_id' AS provider_id, value ->> 'failed_over' AS failed_over"
    " FROM json_each(:rows)) AS given"
)


async def settle(session: AsyncSession, outcomes: Sequence[Outcome], by: UUID) -> None:
    """Write down what came of the attempts, and publish it; doing so twice changes nothing.

    Neither does it for what this dispatcher no longer has, because it was taken back. What is
    given up is written into its case's history too, for the agents to see.
    """
    sent = [outcome for outcome in outcomes if outcome.status is DeliveryStatus.SENT]
    others = [outcome for outcome in outcomes if outcome.status is not DeliveryStatus.SENT]
    done = await _settle_sent(session, sent, by) if sent else []
    failures: Sequence[Event] = []
    if others and (held := await _still_held(session, others, by)):
        failures = await _tell_cases(session, held)
        await _settle_others(session, held)
        done = [*done, *held]
    told = [_changed(outcome) for outcome in done if not _is_one_of_many(outcome)]
    await publish(session, [*told, *failures])


async def _settle_sent(
    session: AsyncSession, outcomes: Sequence[Outcome], by: UUID
) -> Sequence[Outcome]:
    """Nearly all are: so they are one statement; returns those that were still ours."""
    rows = [
        {
            "id": in_json(session, outcome.due.delivery.id),
            "attempts": outcome.due.delivery.attempts,
            "provider_id": outcome.provider_id,
            "failed_over": outcome.failed_over,
        }
        for outcome in outcomes
    ]
    values = {"rows": json.dumps(rows), "by": by, "at": max(outcome.at for outcome in outcomes)}
    query = _SENT_POSTGRESQL if is_postgresql(session) else _SENT_SQLITE
    held = set((await session.execute(query, values)).scalars())
    return [outcome for outcome in outcomes if outcome.due.delivery.id in held]


async def _settle_others(session: AsyncSession, outcomes: Sequence[Outcome]) -> None:
    await session.execute(
        _SETTLE,
        [
            {
                "row": outcome.due.delivery.id,
                "status": outcome.status,
                "due_at": outcome.due_at,
                "provider_id": outcome.provider_id,
                "last_error": outcome.error,
                "declined_by": outcome.declined_by,
                "failed_over": outcome.failed_over,
                "doubts": int(outcome.in_doubt),
            }
            for outcome in outcomes
        ],
    )


async def _still_held(
    session: AsyncSession, outcomes: Sequence[Outcome], by: UUID
) -> Sequence[Outcome]:
    """Those of attempts that this dispatcher has in flight, locked until the commit."""
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
    failed = {o.due.delivery.id: o for o in held if o.status in GIVEN_UP}
    if not failed:
        return []
    query = (
        select(DeliveryRow.id, DeliveryRow.recipient, NotificationRow.kind, CaseRow)
        .join(NotificationRow, NotificationRow.id == DeliveryRow.notification_id)
        .join(CaseRow, CaseRow.id == NotificationRow.case_id)
        # A device that is not told is nobody's concern: the answer itself goes another way.
        .where(DeliveryRow.id.in_(failed), DeliveryRow.medium != Medium.PUSH)
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


def _is_one_of_many(outcome: Outcome) -> bool:
    """That a mail of a campaign went out is no news by itself: there may be 100,000 of them, and
    the campaign's page counts them."""
    return outcome.status is DeliveryStatus.SENT and outcome.due.delivery.is_bulk


def _changed(outcome: Outcome) -> Event:
    delivery = outcome.due.delivery
    return new_event(
        DeliveryChanged(delivery_id=delivery.id, status=outcome.status),
        key=outcome.due.key,
        id=derived_id(delivery.id, f"attempt:{delivery.attempts}:{outcome.status}"),
        time=outcome.at,
    )
