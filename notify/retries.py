"""When a delivery that did not go through is tried again, and when it is given up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

MINUTE = 60.0  # seconds
HOUR = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Retries:
    """RFC 5321, section 4.5.4.1, but quicker at first: greylisting waits for a few minutes."""

    delays: Sequence[float] = (
        MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR
    )  # fmt: skip
    """Seconds after the first attempt, the second …; the last one stays."""
    patience: timedelta = timedelta(days=4)
    """From its creation until a delivery is given up."""

    def next_try(
        self, *, attempts: int, created_at: datetime, now: datetime, wish: float
    ) -> datetime | None:
        """The moment of the next attempt, never before what the provider wished; None: give up."""
        delay = self.delays[min(attempts, len(self.delays)) - 1]
        due_at = now + timedelta(seconds=max(delay, wish))
        return due_at if due_at - created_at <= self.patience else None


@dataclass(slots=True)
class Pause:
    """How long to leave a provider alone that takes nothing: doubles while that lasts."""

    first: float = 5.0  # seconds
    longest: float = 300.0  # seconds
    until: datetime | None = None
    since: datetime | None = None
    """When the provider was first found to be away."""
    _length: float = 0.0

    def begin(self, now: datetime, wish: float = 0.0) -> datetime:
        """The provider is away; those who find out together count once. Returns the end.

        ``wish`` is how many seconds it asked for (Retry-After).
        """
        self.since = self.since or now
        if self.until is None or self.until <= now:
            if not wish:
                self._length = min(max(self.first, self._length * 2), self.longest)
            self.until = now + timedelta(seconds=wish or self._length)
        self.until = max(self.until, now + timedelta(seconds=wish))
        return self.until

    def over(self) -> None:
        """The provider is back."""
        self.until, self.since, self._length = None, None, 0.0

    def lasts(self, now: datetime) -> bool:
        return self.until is not None and self.until > now

    def is_long(self, now: datetime) -> bool:
        """Whether it lasts, and has lasted or will last longer than a moment."""
        if self.until is None or self.since is None or self.until <= now:
            return False
        return self.until - self.since > timedelta(seconds=self.first)

    @property
    def ends_with_a_try(self) -> bool:
        """Whether the provider has yet to show that it is back."""
        return self.until is not None
