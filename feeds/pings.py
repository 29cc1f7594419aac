"""Telling the WebSub hub of news: durable, retried, in the order in which it is due."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import aiohttp
import structlog
from sqlalchemy import delete, select, update

from core.clock import Clock
from core.database import Database
from core.looks import keep_looking
from feeds.models import HubPingRow

EVERY = 2.0  # seconds between looks
BATCH = 50
TIMEOUT = aiohttp.ClientTimeout(total=10)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
MOST_TRIES = 48
"""About two days; the next piece of news begins anew."""

log = structlog.get_logger()


class HubPings:
    def __init__(self, database: Database, clock: Clock, hub_url: str) -> None:
        self._database = database
        self._clock = clock
        self._hub_url = hub_url

    async def run(self) -> None:
        """Work until cancelled; returns at once when the town uses no hub."""
        if not self._hub_url:
            return
        async with aiohttp.ClientSession(timeout=TIMEOUT) as client:

            async def look() -> bool:
                return await self.send_due(client) == BATCH

            await keep_looking("hub", look, EVERY)

    async def send_due(self, client: aiohttp.ClientSession) -> int:
        """Send the pings that are due; returns how many were tried."""
        query = (
            select(HubPingRow)
            .where(HubPingRow.due_at <= self._clock())
            .order_by(HubPingRow.due_at)
            .limit(BATCH)
        )
        async with self._database.read() as session:
            due = (await session.scalars(query)).all()
        if due:
            problems = await asyncio.gather(*(self._ping(client, row.feed_url) for row in due))
            await self._note(due, problems)
        return len(due)

    async def _ping(self, client: aiohttp.ClientSession, feed_url: str) -> str:
        """What went wrong; empty when the hub has taken it."""
        fields = {"hub.mode": "publish", "hub.url": feed_url}
        try:
            async with client.post(self._hub_url, data=fields, allow_redirects=False) as answer:
                return "" if answer.ok and answer.status < 300 else f"status {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            return repr(problem)

    async def _note(self, due: Sequence[HubPingRow], problems: Sequence[str]) -> None:
        if any(problems):
            log.warning("hub.away", feeds=len(due), error=next(filter(None, problems)))
        async with self._database.begin() as session:
            for row, problem in zip(due, problems, strict=True):
                # News that came meanwhile asks for a ping of its own.
                same = (HubPingRow.feed_url == row.feed_url, HubPingRow.asked == row.asked)
                if not problem or row.tries >= MOST_TRIES:
                    await session.execute(delete(HubPingRow).where(*same))
                    continue
                pause = min(FIRST_PAUSE * 2 ** min(row.tries, 12), LONGEST_PAUSE)
                later = {"tries": row.tries + 1, "due_at": self._clock() + pause}
                await session.execute(update(HubPingRow).where(*same).values(**later))
