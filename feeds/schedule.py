"""Entries whose hour has come are published; several processes may look at once."""

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import audit
from core.clock import Clock
from core.database import Database
from core.errors import BadInput
from core.looks import keep_looking
from feeds.models import EntryRow, EntryStatus
from feeds.publishing import Publishing

EVERY = 2.0  # seconds between looks
BATCH = 20  # entries in one transaction

log = structlog.get_logger()


class Schedule:
    def __init__(self, database: Database, clock: Clock, publishing: Publishing) -> None:
        self._database = database
        self._clock = clock
        self._publishing = publishing

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("schedule", self._look, EVERY)

    async def _look(self) -> bool:
        return await self.publish_due() == BATCH

    async def publish_due(self) -> int:
        """Publish what is due, the earliest first; returns how many entries that were."""
        due = (EntryRow.status == EntryStatus.SCHEDULED, EntryRow.publish_at <= self._clock())
        async with self._database.read() as session:
            if await session.scalar(select(EntryRow.id).where(*due).limit(1)) is None:
                return 0  # mostly: without taking the writer's turn
        query = select(EntryRow).where(*due).order_by(EntryRow.publish_at, EntryRow.id)
        async with self._database.begin(patient=True) as session:
            locked = query.limit(BATCH).with_for_update(skip_locked=True)
            entries = (await session.scalars(locked)).all()
            for entry in entries:
                await self._publish(session, entry)
        return len(entries)

    async def _publish(self, session: AsyncSession, entry: EntryRow) -> None:
        action = "entry.published"
        try:
            await self._publishing.publish(session, entry)
        except BadInput as problem:  # its last topic was archived, for one: an agent must look
            log.warning("schedule.not_published", entry=str(entry.id), error=problem.reason)
            entry.status, entry.publish_at = EntryStatus.DRAFT, None
            action = "entry.unscheduled"
        audit.record(
            session,
            self._clock,
            agent_id=None,
            action=action,
            object_kind="entry",
            object_id=str(entry.id),
            details={"version": entry.version},
        )
