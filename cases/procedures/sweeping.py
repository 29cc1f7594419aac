"""Taking away drafts that have expired and uploads that nothing more came of, with their files."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures.drafts import sweep_drafts
from cases.procedures.uploading import sweep_uploads
from core.blobs import Blobs
from core.clock import Clock
from core.database import Database
from core.looks import keep_looking

EVERY = 3600.0  # seconds between looks
BATCH = 100  # drafts or uploads in one transaction


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
        await keep_looking("drafts", self._look, EVERY)

    async def _look(self) -> bool:
        return await self.sweep() == BATCH

    async def sweep(self) -> int:
        """One batch; returns how many drafts that were, or uploads if those were more."""
        async with self._database.begin() as session:
            drafts, gone = await sweep_drafts(session, self._blobs, self._clock(), BATCH)
            if self._ended is not None:
                await self._ended(session, drafts)
            uploads, more = await sweep_uploads(session, self._blobs, self._clock(), BATCH)
        await self._blobs.discard([*gone, *more])
        return max(len(drafts), uploads)
