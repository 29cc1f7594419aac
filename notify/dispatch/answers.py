"""From what a provider answered to what becomes of the delivery."""

import structlog

from core.clock import Clock
from core.errors import Refused
from notify.dispatch.lanes import Lane, Lanes
from notify.models import DeliveryStatus
from notify.retries import Retries
from notify.senders.contract import Declined, ProviderId, Retry, Unreachable
from notify.store import Due, Outcome

log = structlog.get_logger()


class Answers:
    """Knows when to try again, by whom, and when to give up."""

    def __init__(self, lanes: Lanes, retries: Retries, clock: Clock) -> None:
        self._lanes = lanes
        self._retries = retries
        self._clock = clock

    def sent(self, due: Due, lane: Lane, answer: ProviderId) -> Outcome:
        now = self._clock()
        lane.pause.over()
        return Outcome(
            due,
            DeliveryStatus.SENT,
            now,
            now,
            provider_id=answer,
            declined_by=due.declined_by,
            failed_over=not self._lanes.is_first(lane),
        )

    def refused(self, due: Due, lane: Lane, problem: Refused) -> Outcome:
        """Final, unless another provider may see it otherwise."""
        now = self._clock()
        lane.pause.over()
        if isinstance(problem, Declined) and self._lanes.has_another(due, lane, now):
            log.warning("delivery.declined", delivery=str(due.delivery.id), by=lane.name)
            return Outcome(
                due,
                DeliveryStatus.QUEUED,
                now,
                now,
                error=problem.reason,
                declined_by=f"{due.declined_by} {lane.name}".strip(),
            )
        return self.given_up(due, problem.reason)

    def later(self, due: Due, lane: Lane, problem: Retry) -> Outcome:
        now, delivery = self._clock(), due.delivery
        if isinstance(problem, Unreachable):
            lane.pause.begin(now, problem.retry_after)
        else:
            lane.pause.over()
        next_try = self._retries.next_try(
            attempts=delivery.attempts,
            created_at=delivery.created_at,
            now=now,
            wish=problem.retry_after,
        )
        if next_try is None:
            tried = f"given up after attempt {delivery.attempts}: {problem.reason}"
            return self.given_up(due, tried, in_doubt=problem.in_doubt)
        if lane.pause.until is not None:
            # It is not this delivery's fault: it goes first when the provider is back, and at once
            # when another one is there.
            goes_on = lane.pause.is_long(now) and self._lanes.has_another(due, lane, now)
            next_try = now if goes_on else lane.pause.until
        if delivery.expires_at is not None and next_try >= delivery.expires_at:
            return self.given_up(due, problem.reason, DeliveryStatus.EXPIRED, problem.in_doubt)
        return Outcome(
            due,
            DeliveryStatus.QUEUED,
            now,
            next_try,
            error=problem.reason,
            in_doubt=problem.in_doubt,
            declined_by=due.declined_by,
        )

    def given_up(
        self,
        due: Due,
        reason: str,
        status: DeliveryStatus = DeliveryStatus.FAILED,
        in_doubt: bool = False,
    ) -> Outcome:
        now = self._clock()
        log.warning("delivery.failed", delivery=str(due.delivery.id), status=status, reason=reason)
        return Outcome(
            due,
            status,
            now,
            now,
            error=reason,
            in_doubt=in_doubt,
            declined_by=due.declined_by,
        )
