"""What a missed call leaves: a message that is routed like any other, to whose number it was."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow, CaseStatus, QueueRow
from cases.agents import AgentQueueRow
from cases.calls import missed_name
from cases.models import CallRow
from core.i18n import N_, translator
from core.ids import derived_id
from ingest.events import Event, MessageNormalized, new_event
from ingest.message import ChannelName
from ingest.models import MessageRow

SUBJECT = N_("Missed call from %(number)s")
WITHHELD = N_("Missed call from a withheld number")
TEXT = N_("Nobody answered this call to %(callee)s.")


async def leave_message(
    session: AsyncSession, call: CallRow, now: datetime, language: str
) -> Sequence[Event]:
    """Enter the message, in the caller's transaction; the event that routes it is to be published.

    Nothing is left by a call of an agent's own, nor by one to nobody of ours. A further call from
    the same number joins the case that the one before has opened, until that is closed.
    """
    queue = await _queue(session, call)
    if call.outgoing or (queue is None and call.agent_id is None):
        return ()
    say = translator(language)
    subject = say(SUBJECT) % {"number": call.caller} if call.caller else say(WITHHELD)
    message = MessageRow(
        id=derived_id(call.id, "message"),
        direction="in",
        channel=ChannelName.PHONE,
        sender_address=call.caller,
        recipients=[call.callee] if call.callee else [],
        subject=subject,
        text=say(TEXT) % {"callee": queue.name if queue else call.callee or call.extension},
        sent_at=call.ended_at,
        received_at=now,
        rfc_message_id=missed_name(call.id),
        in_reply_to=await _before(session, call),
        details={"call": str(call.id), **({"queue": queue.slug} if queue else {})},
    )
    session.add(message)
    call.message_id = message.id
    data = MessageNormalized(message_id=message.id, channel=ChannelName.PHONE)
    return [new_event(data, key=message.id, id=derived_id(message.id, data.stream), time=now)]


async def _queue(session: AsyncSession, call: CallRow) -> QueueRow | None:
    """Whose number it was; of a call to an agent their queue, when they have a single one.

    None leaves it to the routing rules.
    """
    if call.queue_id is not None:
        return await session.get_one(QueueRow, call.queue_id)
    if call.agent_id is None:
        return None
    query = (
        select(QueueRow)
        .join(AgentQueueRow, AgentQueueRow.queue_id == QueueRow.id)
        .where(AgentQueueRow.agent_id == call.agent_id)
        .limit(2)
    )
    queues = (await session.scalars(query)).all()
    return queues[0] if len(queues) == 1 else None


async def _before(session: AsyncSession, call: CallRow) -> list[str]:
    """The name of what the same caller's last missed call has left, if that is still open."""
    if not call.caller:
        return []
    same_queue = (
        CallRow.queue_id.is_(None) if call.queue_id is None else CallRow.queue_id == call.queue_id
    )
    query = (
        select(MessageRow.rfc_message_id)
        .join(CallRow, CallRow.message_id == MessageRow.id)
        .outerjoin(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .outerjoin(CaseRow, CaseRow.id == CaseMessageRow.case_id)
        .where(
            CallRow.caller == call.caller,
            CallRow.id != call.id,
            same_queue,
            # Not yet in a case is open, too.
            CaseRow.status.is_distinct_from(CaseStatus.CLOSED),
        )
        .order_by(CallRow.started_at.desc())
        .limit(1)
    )
    return list(await session.scalars(query))
