"""Taking away drafts that have expired and uploads that nothing more came of, with their files;
and what else citizens began to send and left."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
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
SweepMore = Callable[[AsyncSession, Blobs, datetime, int], Awaitable[tuple[int, Sequence[str]]]]
"""Takes away, at this moment, so many things at most of another room's: how many there were, and
the blobs to discard."""


class DraftSweep:
    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        ended: Ended | None = None,
        sweeps: Sequence[SweepMore] = (),
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._ended = ended
        self._sweeps = (sweep_uploads, *sweeps)

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("drafts", self._look, EVERY)

    async def _look(self) -> bool:
        return await self.sweep() == BATCH

    async def sweep(self) -> int:
        """One batch; returns how many drafts that were, or of something else if that was more."""
        counts = []
        async with self._database.begin() as session:
            drafts, gone = await sweep_drafts(session, self._blobs, self._clock(), BATCH)
            if self._ended is not None:
                await self._ended(session, drafts)
            for sweep in self._sweeps:
                count, more = await sweep(session, self._blobs, self._clock(), BATCH)
                counts.append(count)
                gone = [*gone, *more]
        await self._blobs.discard(gone)
        return max(len(drafts), *counts)
