"""What is queued and yet not sent. Whether its recipient said STOP, or its campaign was withdrawn,
is asked in the very transaction that marks it in flight; whether earlier ones came back, when it is
read."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import derived_id
from notify.campaigns import WITHDRAWN, withdrawn
from notify.devices import forget_device
from notify.models import DeliveryStatus, Medium, Priority
from notify.optouts import STOPPED, record_wish, stopped
from notify.senders.contract import Gone, Unwanted
from notify.store import Due
from notify.suppressions import suppress

COMPLAINED = "the recipient complained about an earlier one"

log = structlog.get_logger()


async def unwanted(
    session: AsyncSession, dues: Sequence[Due]
) -> Mapping[UUID, tuple[DeliveryStatus, str]]:
    """What is not to be sent though it is queued, and what becomes of it, with the reason."""
    asked = [due for due in dues if _may_be_stopped(due)]
    found: dict[UUID, tuple[DeliveryStatus, str]] = {
        due.delivery.id: (DeliveryStatus.SUPPRESSED, due.suppressed)
        for due in dues
        if due.suppressed is not None
    }
    for medium in {due.delivery.medium for due in asked}:
        theirs = [due for due in asked if due.delivery.medium == medium]
        no = await stopped(session, medium, {due.delivery.recipient for due in theirs})
        for due in theirs:
            if due.delivery.recipient in no:
                reason = STOPPED if medium is Medium.SMS else COMPLAINED
                found[due.delivery.id] = DeliveryStatus.FAILED, reason
    return {**found, **await _withdrawn(session, dues)}


async def _withdrawn(
    session: AsyncSession, dues: Sequence[Due]
) -> Mapping[UUID, tuple[DeliveryStatus, str]]:
    """What was in flight when its campaign was withdrawn, and came back to the queue."""
    campaigns = {due.campaign_id for due in dues if due.campaign_id is not None}
    gone = await withdrawn(session, campaigns) if campaigns else set()
    return {
        due.delivery.id: (DeliveryStatus.FAILED, WITHDRAWN)
        for due in dues
        if due.campaign_id in gone
    }


def _may_be_stopped(due: Due) -> bool:
    """STOP ends every SMS; a complaint about a mail ends those that go to many."""
    if due.delivery.medium is Medium.EMAIL:
        return due.priority >= Priority.BULK
    return due.delivery.medium is Medium.SMS


async def heed(database: Database, clock: Clock, due: Due, problem: Refused) -> None:
    """Write down what a refusal says of the recipient: they want nothing, or are not there."""
    delivery = due.delivery
    if not isinstance(problem, Unwanted | Gone):
        return
    try:
        async with database.begin() as session:
            if delivery.medium is Medium.PUSH:
                await forget_device(session, delivery.recipient)
            elif isinstance(problem, Gone):
                await suppress(
                    session,
                    clock,
                    address=delivery.recipient,
                    medium=delivery.medium,
                    reason=problem.reason,
                    delivery_id=delivery.id,
                )
            else:
                await record_wish(
                    session,
                    clock,
                    id=derived_id(delivery.id, "unwanted"),
                    address=delivery.recipient,
                    medium=delivery.medium,
                    allowed=False,
                    source=problem.reason,
                )
    except (SQLAlchemyError, OSError) as away:  # the next sending will hear it again
        log.warning("dispatch.store_away", error=repr(away))
