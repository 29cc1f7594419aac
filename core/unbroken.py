"""Work that a cancellation does not break off in the middle.

A transaction that is cut in two leaves a connection nobody can use, and a log full of noise: who
is asked to stop ends what is under way first.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")

GRACE = 10.0  # seconds that the work gets to end


async def unbroken(work: Coroutine[Any, Any, Result], *, grace: float = GRACE) -> Result:
    """Await the work. When cancelled meanwhile: wait for its end first, ``grace`` at most."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        _, late = await asyncio.wait({task}, timeout=grace)
        for one in late:
            one.cancel()
            await asyncio.wait({one})
        raise
