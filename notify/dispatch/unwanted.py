"""What is queued and yet not sent. Whether its recipient said STOP, or its campaign was withdrawn,
is asked in the very transaction that marks it in flight; whether earlier ones came back, when it is
read."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.database import Database
from core.errors import Refused
from core.ids import derived_id
from notify.campaigns import WITHDRAWN
from notify.devices import forget_device
from notify.models import DeliveryStatus, Medium, Priority
from notify.optouts import STOPPED, record_wish
from notify.senders.contract import Gone, Unwanted
from notify.store import Claimed, Due
from notify.suppressions import suppress

COMPLAINED = "the recipient complained about an earlier one"

log = structlog.get_logger()


def unwanted(due: Due, claimed: Claimed) -> tuple[DeliveryStatus, str] | None:
    """What becomes of a delivery that is not to be sent though it was queued, with the reason;
    None of all others."""
    if claimed.is_withdrawn:
        # It was in flight when its campaign was withdrawn, and came back to the queue.
        return DeliveryStatus.FAILED, WITHDRAWN
    if claimed.is_stopped and _may_be_stopped(due):
        is_sms = due.delivery.medium is Medium.SMS
        return DeliveryStatus.FAILED, STOPPED if is_sms else COMPLAINED
    if due.suppressed is not None:
        return DeliveryStatus.SUPPRESSED, due.suppressed
    return None


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
