"""Taking away drafts that have expired and uploads that nothing more came of, with their files."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures.drafts import sweep_drafts
from cases.procedures.uploading import sweep_uploads
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database

EVERY = 3600.0  # seconds between looks
BATCH = 100  # drafts or uploads in one transaction

log = structlog.get_logger()


Ended = Callable[[AsyncSession, Sequence[UUID]], Awaitable[None]]
"""Hears which drafts are gone, in the transaction that takes them away."""


class DraftSweep:
    def __init__(
        self, database: Database, blobs: Blobs, clock: Clock, ended: Ended | None = None
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._ended = ended

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
            drafts, gone = await sweep_drafts(session, self._blobs, self._clock(), BATCH)
            if self._ended is not None:
                await self._ended(session, drafts)
            more = await sweep_uploads(session, self._blobs, self._clock(), BATCH)
        await self._blobs.discard([*gone, *more])
        return len(drafts)
