"""Taking away drafts that have expired and uploads that nothing more came of, with their files."""

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from cases.procedures.drafts import sweep_drafts
from cases.procedures.uploading import sweep_uploads
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database

EVERY = 3600.0  # seconds between looks
BATCH = 100  # drafts or uploads in one transaction

log = structlog.get_logger()


class DraftSweep:
    def __init__(self, database: Database, blobs: Blobs, clock: Clock) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                while await self.sweep() == BATCH:
                    pass
            except (SQLAlchemyError, OSError) as problem:
                log.warning("drafts.store_away", error=repr(problem))
            await asyncio.sleep(EVERY)

    async def sweep(self) -> int:
        """One batch; returns how many drafts that were."""
        async with self._database.begin() as session:
            count, gone = await sweep_drafts(session, self._blobs, self._clock(), BATCH)
            more = await sweep_uploads(session, self._blobs, self._clock(), BATCH)
        await self._blobs.discard([*gone, *more])
        return count
