"""What the outside tells of a delivery after it was taken; twice, late and out of order."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseRow
from core.clock import Clock
from core.ids import derived_id
from ingest import publish
from ingest.events import DeliveryChanged, new_event
from notify.enhanced import is_hard
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.optouts import OptOutRow, record_wish
from notify.settling import tell_case
from notify.store import GIVEN_UP
from notify.suppressions import suppress

FINAL = GIVEN_UP | {DeliveryStatus.DELIVERED}


async def record_feedback(
    session: AsyncSession,
    clock: Clock,
    *,
    delivery_id: UUID,
    provider_id: str,
    status: DeliveryStatus,
    reason: str,
    code: str = "",
    recipients: Collection[str] = (),
) -> bool:
    """Write down that it arrived, or could not; returns whether the delivery is one of ours.

    What is final stays: an earlier status that comes late changes nothing. A failure is told to the
    case, too. ``code`` is the enhanced status of a mail: where it says that there is no such
    mailbox, and ``recipients`` (in lower case) that it is the one we wrote to, not one to which
    its owner forwards, nothing is sent there any more.
    """
    row = await session.get(DeliveryRow, delivery_id, with_for_update=True)
    if row is None:
        return False
    if status not in FINAL or row.status in FINAL:
        return True
    at = clock()
    row.status, row.claimed_by = status, None
    row.provider_id = provider_id or row.provider_id
    row.last_error, row.sent_at = reason, row.sent_at or at
    row.due_at = at  # of what failed: when
    is_theirs = row.recipient.lower() in recipients
    if status is DeliveryStatus.BOUNCED and is_hard(code) and is_theirs:
        await suppress(
            session,
            clock,
            address=row.recipient,
            medium=Medium(row.medium),
            reason=reason,
            delivery_id=row.id,
        )
    notification = await session.get_one(NotificationRow, row.notification_id)
    changed = new_event(
        DeliveryChanged(delivery_id=row.id, status=status),
        key=notification.case_id or notification.id,
        id=derived_id(row.id, f"feedback:{status}"),
        time=at,
    )
    events = [changed]
    if status in GIVEN_UP and notification.case_id is not None:
        case = await session.scalar(
            select(CaseRow)
            .where(CaseRow.id == notification.case_id)
            .with_for_update(key_share=True)
        )
        if case is not None:
            events.append(tell_case(session, case, notification.kind, row.recipient, reason, at))
    await session.flush()
    await publish(session, events)
    return True


async def record_complaint(
    session: AsyncSession, clock: Clock, delivery_id: UUID, reason: str
) -> str:
    """Its recipient called it spam: they get nothing more that goes to many.

    Returns their address, whose subscriptions are to end; empty when the delivery is none of ours,
    or the complaint is known already: who has subscribed again since then stays subscribed.
    """
    row = await session.get(DeliveryRow, delivery_id)
    id = derived_id(delivery_id, "complaint")
    if row is None or await session.get(OptOutRow, id) is not None:
        return ""
    await record_wish(
        session,
        clock,
        id=id,
        address=row.recipient,
        medium=Medium(row.medium),
        allowed=False,
        source=f"complaint: {reason}",
    )
    return row.recipient
