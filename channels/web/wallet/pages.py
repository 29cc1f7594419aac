"""How many pages of a document can be shown, counted in a process beside."""

import asyncio

from channels.web.account.context import Context
from channels.web.wallet.preview import pages_of
from core.processes import WorkerDied

PATIENCE = 30.0  # seconds for one page


async def count_pages(context: Context, content: bytes) -> int:
    """What kills or holds up its process cannot be shown; it is kept all the same."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await context.viewers.run(pages_of, content, context.page_limits)
    except TimeoutError:
        context.viewers.restart()
    except WorkerDied:
        pass
    return 0
