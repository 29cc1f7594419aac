"""Time comes in as a parameter, so that tests need no patching."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, in UTC and with its zone."""


def utc_now() -> datetime:
    return datetime.now(UTC)
