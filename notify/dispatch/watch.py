"""Dispatchers watch each other: what one that is gone had in flight is taken back by the others.

On PostgreSQL several may work on one store, and each shows itself there. SQLite's is alone.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from core.database import Database
from core.metrics import IN_DOUBT
from notify.dispatch.lanes import Lanes
from notify.presence import count_at_work, show, take_back

SEEN_EVERY = 1 / 6  # of the time after which one is taken for dead, between signs: 5 s
LOOK_EVERY = 1 / 3  # of that time, between looks for what the dead left: 10 s

log = structlog.get_logger()


class Watch:
    """Of one run of a dispatcher, under the id that it has in it.

    ``busy`` tells what it has in hand itself.
    """

    def __init__(
        self,
        database: Database,
        lanes: Lanes,
        dispatcher: UUID,
        *,
        gone_after: timedelta,
        busy: Callable[[], Collection[UUID]],
        now: datetime,
    ) -> None:
        self._database = database
        self._lanes = lanes
        self._id = dispatcher
        self._gone_after = gone_after
        self._busy = busy
        self._alone = database.is_sqlite
        self._show_at = self._look_at = now

    async def keep(self, now: datetime) -> bool:
        """Show that we are at work; now and then, take back what those left who are not.

        In this order and before every step, so that nothing is claimed by one who is not seen.
        Returns whether something was taken back.
        """
        if now >= self._show_at and not self._alone:
            if now - self._show_at > self._gone_after / 2:
                self._wait_for_others(now)  # the store stood still, or this machine
            async with self._database.begin() as session:
                await show(session, self._id, now)
                self._lanes.share(await count_at_work(session, now - self._gone_after))
            self._show_at = now + self._gone_after * SEEN_EVERY
        if now < self._look_at:
            return False
        taken = await self._take_back(now)
        self._look_at = now + self._gone_after * LOOK_EVERY
        return taken

    def store_was_away(self, now: datetime) -> None:
        self._show_at = now
        self._wait_for_others(now)

    def _wait_for_others(self, now: datetime) -> None:
        """While we could not show ourselves perhaps nobody could: give them time to do so."""
        self._look_at = now if self._alone else now + self._gone_after

    async def _take_back(self, now: datetime) -> bool:
        async with self._database.begin(patient=True) as session:
            count = await take_back(
                session,
                self._lanes.media,
                now,
                by=self._id,
                busy=self._busy(),
                seen_since=now - self._gone_after,
            )
        if count:
            IN_DOUBT.inc(count)
            log.warning("dispatch.in_doubt", deliveries=count)
        return count > 0
