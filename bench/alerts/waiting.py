"""Waiting for what the town does."""

import time
from collections.abc import Callable

LOOK = 0.1  # seconds between two looks


def until(condition: Callable[[], bool], *, within: float, otherwise: Callable[[], str]) -> None:
    """Raises RuntimeError with what ``otherwise`` says when it does not come true in time."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {within:.0f} s {otherwise()}")
        time.sleep(LOOK)
