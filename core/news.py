"""Waiting for news, and not for ever."""

import asyncio
from contextlib import suppress


async def wait_for_news(news: asyncio.Event, at_most: float) -> None:
    """Return when the event is set, or after so many seconds.

    Not ``asyncio.wait_for``: before Python 3.12 it may lose a cancellation (bpo-37658).
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most):
            await news.wait()
