"""A lane for each sender: what it may have under way, and who takes what another cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notify.dispatch.rates import Bucket
from notify.models import Medium
from notify.retries import Pause
from notify.senders.contract import Sender
from notify.store import Due

ASKS_FIRST = frozenset({Medium.SMS})
"""In doubt, it is asked about at the provider that may have it, and goes by no other. A mail has
its Message-ID."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one provider is given at most."""

    connections: int = 4
    """How many may be under way at once."""
    per_second: float = 0.0
    """0 for no limit. Of all dispatchers together."""


class Lane:
    """One sender and its limits; a provider that is away delays no other."""

    def __init__(self, sender: Sender, limits: Limits) -> None:
        self.sender = sender
        self.name = sender.name
        self.pause = Pause()
        self.bucket = Bucket(limits.per_second)
        self._connections = limits.connections
        self._busy = 0
        self._begun = 0

    def begin_step(self) -> None:
        """From now on others are marked, by a transaction of their own."""
        self._begun = 0

    def free(self, now: datetime) -> int:
        """How many may be begun now. Of a provider that was away one asks whether it is back.

        No more than half of them at a time: while these are being marked, the others are on their
        way, where else the store and the provider would wait for each other in turns.
        """
        if self.pause.lasts(now):
            return 0
        half = (self._most + 1) // 2 - self._begun
        return max(0, min(self._most - self._busy, half, self.bucket.has(now)))

    def wait(self, now: datetime) -> float | None:
        """Seconds until its rate lets the next one go, 0 when it does so by now; None when it is
        not the rate that they wait for."""
        if not self.bucket.is_limited or self.pause.lasts(now) or self._busy >= self._most:
            return None
        return self.bucket.wait(now)

    def take(self) -> None:
        self._busy += 1
        self._begun += 1
        self.bucket.take()

    def give_back(self) -> None:
        """Another dispatcher had it already."""
        self._busy -= 1
        self.bucket.give_back()

    def done(self) -> None:
        self._busy -= 1

    @property
    def _most(self) -> int:
        return 1 if self.pause.ends_with_a_try else self._connections


class Lanes:
    """The lanes of all senders; of one medium in the order in which they are preferred."""

    def __init__(
        self, senders: Sequence[Sender], limits: Mapping[str, Limits], default: Limits
    ) -> None:
        self._of: dict[Medium, list[Lane]] = {}
        for sender in senders:
            lane = Lane(sender, limits.get(sender.name, default))
            self._of.setdefault(sender.medium, []).append(lane)
        self.all = [lane for lanes in self._of.values() for lane in lanes]

    @property
    def media(self) -> Sequence[Medium]:
        return list(self._of)

    def begin_step(self) -> None:
        for lane in self.all:
            lane.begin_step()

    def has_room(self, medium: Medium, now: datetime) -> bool:
        return any(lane.free(now) for lane in self._of[medium])

    def pick(self, due: Due, now: datetime) -> Lane | None:
        """Who takes it now: the first that is neither away for long nor has declined it."""
        for lane in self._allowed(due):
            if not lane.pause.is_long(now):
                return lane if lane.free(now) else None
        return None

    def is_bound(self, due: Due) -> bool:
        """Whether it cannot go by any lane of its medium, so that others need not wait for it."""
        return len(self._allowed(due)) < len(self._of[due.delivery.medium])

    def has_another(self, due: Due, lane: Lane, now: datetime) -> bool:
        """Whether one that is not away could take it instead."""
        return any(other is not lane and not other.pause.lasts(now) for other in self._allowed(due))

    def is_first(self, lane: Lane) -> bool:
        return self._of[lane.sender.medium][0] is lane

    def share(self, sharers: int) -> None:
        for lane in self.all:
            lane.bucket.share(sharers)

    def wait(self, now: datetime) -> float | None:
        """Seconds until a provider may be given the next one; None when none is limited now."""
        waits = [lane.wait(now) for lane in self.all]
        return min((wait for wait in waits if wait is not None), default=None)

    def _allowed(self, due: Due) -> Sequence[Lane]:
        lanes = self._of[due.delivery.medium]
        declined = due.declined_by.split()
        if due.delivery.in_doubt and due.delivery.medium in ASKS_FIRST:
            # Unless that sender was taken out of the settings.
            asked = [lane for lane in lanes if lane.name == due.sender]
            lanes = asked or lanes
        # Who declined it is asked again when nobody else is left since the settings were changed.
        return [lane for lane in lanes if lane.name not in declined] or lanes
