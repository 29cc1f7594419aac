"""How many a second a provider gets at most: a bucket of tokens."""

from datetime import datetime

BURST = 0.1  # seconds: what may go at once after a rest is what this time allows, one at least


class Bucket:
    """``per_second`` of 0 is no limit. What several dispatchers share each gets a part of."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._sharers = 1
        self._tokens = self._size
        self._at: datetime | None = None

    def share(self, sharers: int) -> None:
        """So many dispatchers send by this provider."""
        self._sharers = max(1, sharers)

    def has(self, now: datetime) -> int:
        """How many may go now."""
        self._fill(now)
        return int(self._tokens)

    def take(self) -> None:
        self._tokens -= 1

    def give_back(self) -> None:
        """It was not used after all."""
        self._tokens = min(self._tokens + 1, self._size)

    def wait(self, now: datetime) -> float:
        """Seconds until the next may go."""
        if not self.is_limited or self.has(now):
            return 0.0
        return (1 - self._tokens) / self._rate

    @property
    def is_limited(self) -> bool:
        return self._per_second > 0

    @property
    def _rate(self) -> float:
        return self._per_second / self._sharers

    @property
    def _size(self) -> float:
        return max(1.0, self._rate * BURST) if self.is_limited else 1e9

    def _fill(self, now: datetime) -> None:
        if not self.is_limited:
            self._tokens = self._size
        elif self._at is not None:
            passed = max(0.0, (now - self._at).total_seconds())
            self._tokens = min(self._tokens + passed * self._rate, self._size)
        self._at = now
