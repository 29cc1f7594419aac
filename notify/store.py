"""The dispatcher's queries on the deliveries.

On PostgreSQL several dispatchers ask them at once. Rows of deliveries are locked first and in
the order of their ids, or not waited for, and cases after them: so no two wait for each other.
Nobody holds rows of them while it waits for something outside of the database.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Row,
    Select,
    Table,
    TextualSelect,
    Uuid,
    bindparam,
    case,
    exists,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import UtcDateTime, is_postgresql
from notify.campaigns import CampaignContentRow, may_go
from notify.filling import fill
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow, Priority
from notify.senders.contract import Content, Delivery
from notify.suppressions import is_suppressed

SETTLED = tuple({*DeliveryStatus} - {DeliveryStatus.QUEUED, DeliveryStatus.IN_FLIGHT})
GIVEN_UP = frozenset({*SETTLED} - {DeliveryStatus.SENT, DeliveryStatus.DELIVERED})
QUEUED: ColumnElement[str] = literal_column(f"'{DeliveryStatus.QUEUED}'")
"""Written out and no parameter, so that both databases see that the index of the queue will do."""


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that may be sent now."""

    delivery: Delivery
    content: Content
    key: UUID
    """Of its events: the case's id, or the notification's when it has none."""
    traceparent: str | None
    """The span that queued it."""
    priority: int = Priority.CASE
    sender: str = ""
    """Who had it last."""
    declined_by: str = ""
    """Names of senders, a space between."""
    suppressed: str | None = None
    """Why nothing is sent to its recipient any more; None when it is."""
    is_awaited: bool = False
    """Whether later ones of its case wait for it."""


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
    declined_by: str = ""
    failed_over: bool = False


_D = cast(Table, DeliveryRow.__table__)
_N = cast(Table, NotificationRow.__table__)
# By the tables: the objects that the ORM would make of rows take longer than the query.
_ITS_CASE = (
    select(_N.c.case_id).where(_N.c.id == _D.c.notification_id).correlate(_D).scalar_subquery()
)
_COLUMNS = (
    *(
        _D.c[name]
        for name in (
            "id", "notification_id", "medium", "recipient", "return_path", "message_id",
            "created_at", "attempts", "in_doubt", "expires_at", "priority", "sender",
            "declined_by", "traceparent", "content_id", "personal", "subject", "text", "html",
        )
    ),
    # Of a campaign they are with its words: nothing is there to be read.
    case((_D.c.content_id.is_(None), _D.c.headers)).label("headers"),
    _D.c.campaign_id.is_not(None).label("is_bulk"),
    case((_D.c.campaign_id.is_(None), _ITS_CASE)).label("case_id"),
    is_suppressed(_D.c.recipient, _D.c.medium).label("suppressed"),
)  # fmt: skip


def _has_one_before() -> ColumnElement[bool]:
    """Whether an earlier delivery of the same case and recipient is not settled yet.

    What is given up is settled: the later ones need not wait for it.
    """
    earlier, its, own = _D.alias(), _N.alias(), _N.alias()
    return (
        exists()
        .where(
            own.c.id == _D.c.notification_id,
            its.c.case_id == own.c.case_id,
            earlier.c.notification_id == its.c.id,
            earlier.c.recipient == _D.c.recipient,
            # Said by what it is not, lest SQLite walk through all that is queued, each time anew.
            earlier.c.status.not_in(SETTLED),
            tuple_(earlier.c.created_at, earlier.c.id) < tuple_(_D.c.created_at, _D.c.id),
        )
        .correlate(_D)
    )


def _query_of_due() -> Select[*tuple[Any, ...]]:
    """In the order of the index of the queue, and without a join: when PostgreSQL has not counted
    the queue yet, it would join and sort all of it for the first few."""
    now = bindparam("now", type_=UtcDateTime)
    return (
        select(*_COLUMNS)
        .where(
            _D.c.status == QUEUED,
            _D.c.medium == bindparam("medium"),
            _D.c.due_at <= now,
            or_(_D.c.expires_at.is_(None), _D.c.expires_at > now),
            or_(_D.c.campaign_id.is_not(None), ~_has_one_before()),
            may_go(_D.c.campaign_id),
        )
        .order_by(_D.c.priority, _D.c.due_at)
        .limit(bindparam("most"))
    )


_DUE = _query_of_due()
"""Built once: to build it takes ten times as long as to run it."""
_SHARED = select(CampaignContentRow).where(
    CampaignContentRow.id.in_(bindparam("ids", expanding=True))
)


async def read_due(session: AsyncSession, medium: Medium, now: datetime, limit: int) -> list[Due]:
    """What waits to be sent by this medium: the urgent first, of one priority the longest due.

    Of what one case has for one recipient the earliest alone, so that none overtakes. What is
    part of a campaign that is held back waits.
    """
    values = {"medium": medium, "now": now, "most": limit}
    rows = (await session.execute(_DUE, values)).all()
    shared = await _shared(session, {row.content_id for row in rows} - {None})
    return [_due(row, shared.get(row.content_id)) for row in rows]


async def _shared(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, CampaignContentRow]:
    """The words of campaigns, each once however many deliveries have them."""
    if not ids:
        return {}
    return {row.id: row for row in await session.scalars(_SHARED, {"ids": list(ids)})}


@dataclass(frozen=True, slots=True)
class Claimed:
    """What has become known of a delivery by the moment that it was marked in flight."""

    is_stopped: bool
    """Whether its recipient's last word on its medium was no."""
    is_withdrawn: bool
    """Whether nothing more of its campaign goes out."""


_CLAIM = (
    "UPDATE deliveries SET status = 'in_flight', claimed_by = :by, attempts = given.attempts,"
    " sender = given.sender FROM {given} WHERE deliveries.id = given.id"
    # Here and below so that no index will do: PostgreSQL would go through all of the queue, each
    # time, as long as it has not counted it.
    " AND deliveries.attempts = given.attempts - 1 AND deliveries.status || '' = 'queued'"
    " RETURNING deliveries.id, EXISTS (SELECT 1 FROM opt_outs AS word"
    " WHERE word.address = deliveries.recipient AND word.medium = deliveries.medium"
    " AND NOT word.allowed AND NOT EXISTS (SELECT 1 FROM opt_outs AS later"
    " WHERE later.address = word.address AND later.medium = word.medium"
    " AND (later.at, later.id) > (word.at, word.id))) AS is_stopped,"
    " EXISTS (SELECT 1 FROM campaigns WHERE campaigns.id = deliveries.campaign_id"
    " AND campaigns.withdrawn_at IS NOT NULL) AS is_withdrawn"
)


def _claim(given: str) -> TextualSelect:
    query = text(_CLAIM.format(given=given)).bindparams(bindparam("by", type_=Uuid))
    return query.columns(id=Uuid, is_stopped=Boolean, is_withdrawn=Boolean)


_CLAIM_POSTGRESQL = _claim(
    "(SELECT free.id, one.attempts, one.sender FROM deliveries AS free"
    " JOIN json_to_recordset(CAST(:rows AS json)) AS one (id uuid, attempts integer, sender text)"
    " ON one.id = free.id WHERE free.attempts = one.attempts - 1 AND free.status || '' = 'queued'"
    " FOR UPDATE OF free SKIP LOCKED) AS given"
)
_CLAIM_SQLITE = _claim(
    "(SELECT value ->> 'id' AS id, value ->> 'attempts' AS attempts, value ->> 'sender' AS sender"
    " FROM json_each(:rows)) AS given"
)


async def claim(
    session: AsyncSession,
    dues: Sequence[Due],
    by: UUID,
    senders: Mapping[UUID, str] | None = None,
) -> dict[UUID, Claimed]:
    """Mark them in flight for this dispatcher; returns those that are the caller's now, by id.

    The others were taken, and perhaps tried, since they were read. ``senders`` are the names of
    those who are to send them, by the deliveries' ids: a crash must not make us forget who may
    have it.
    """
    rows = [
        {
            "id": in_json(session, due.delivery.id),
            "attempts": due.delivery.attempts,
            "sender": (senders or {}).get(due.delivery.id, due.sender),
        }
        for due in dues
    ]
    query = _CLAIM_POSTGRESQL if is_postgresql(session) else _CLAIM_SQLITE
    found = await session.execute(query, {"rows": json.dumps(rows), "by": by})
    return {one: Claimed(is_stopped, is_withdrawn) for one, is_stopped, is_withdrawn in found}


def in_json(session: AsyncSession, id: UUID) -> str:
    """An id as each database reads it in JSON: SQLite has no such type."""
    return str(id) if is_postgresql(session) else id.hex


def _due(row: Row[*tuple[Any, ...]], shared: CampaignContentRow | None) -> Due:
    return Due(
        delivery=delivery_of(row, is_bulk=row.is_bulk),
        content=content_of(row, shared),
        key=row.case_id or row.notification_id,
        traceparent=row.traceparent,
        priority=row.priority,
        sender=row.sender,
        declined_by=row.declined_by,
        suppressed=row.suppressed,
        is_awaited=row.case_id is not None,
    )


def delivery_of(row: DeliveryRow | Row[*tuple[Any, ...]], *, is_bulk: bool = False) -> Delivery:
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
        expires_at=row.expires_at,
        is_bulk=is_bulk,
    )


def content_of(
    row: DeliveryRow | Row[*tuple[Any, ...]], shared: CampaignContentRow | None = None
) -> Content:
    """``shared`` are the words of the campaign that it is part of."""
    if shared is not None:
        personal = row.personal or {}
        content = Content(shared.subject, shared.text, shared.html, shared.headers, personal)
        # A mail's words are long, and it is filled in where it is composed.
        return content if row.medium == Medium.EMAIL else fill(content)
    return Content(subject=row.subject, text=row.text, html=row.html, headers=row.headers)
