"""Work that is looked for again and again, for as long as the process runs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from core.database import is_unavailable

log = structlog.get_logger()

Look = Callable[[], Awaitable[bool]]
"""Does what is due; returns whether there may be more of it right now."""


async def keep_looking(what: str, look: Look, every: float) -> NoReturn:
    """Look every so many seconds, until cancelled.

    What goes wrong is logged as ``what``'s and is no reason to stop: whoever runs us runs the whole
    town in one group of tasks, and one that ends ends them all.
    """
    while True:
        try:
            while await look():
                pass
        except Exception as problem:  # the outer wall
            if is_unavailable(problem):
                log.warning(f"{what}.store_away", error=repr(problem))
            else:
                log.exception(f"{what}.failed")
        await asyncio.sleep(every)
