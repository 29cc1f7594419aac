"""Lists that were put in at the desk: kept until they are taken over, so that one that was cut off
goes on by itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from itertools import islice
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.blobs import Blobs, apart
from core.clock import Clock
from core.database import Database, is_unavailable
from core.ids import new_id
from core.looks import keep_looking
from feeds.subscriptions.importing import BadLine, Line, Places, read_lines
from feeds.subscriptions.models import SubscriberImportRow
from feeds.subscriptions.taking_over import Report, take_over

EVERY = 30.0  # seconds between looks for lists that were cut off
SILENT = timedelta(minutes=1)
"""A list that has not come on for so long was cut off."""
SHOWN = 200  # bad lines that are kept for the page

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SubscriberLists:
    """``region`` and ``language`` are those of lines that name none."""

    database: Database
    blobs: Blobs
    clock: Clock
    region: str
    language: str
    zone: ZoneInfo

    async def run(self) -> None:
        """Work until cancelled."""
        await keep_looking("lists", self.look, EVERY)

    async def check(self, text: str) -> None:
        """Raises BadInput when its first line does not name the columns."""
        next(read_lines(StringIO(text), await self._places(), self.clock()), None)

    async def keep(self, session: AsyncSession, agent_id: UUID, name: str, text: str) -> UUID:
        """Enter a list, in the caller's transaction."""
        blob = await self.blobs.stage_apart(text.encode())
        await self.blobs.keep(session, [blob])
        row = SubscriberImportRow(
            id=new_id(),
            agent_id=agent_id,
            name=name,
            lines=max(0, text.count("\n") + (not text.endswith("\n")) - 1),
            problems=[],
            created_at=self.clock(),
            seen_at=self.clock(),
            sha256=blob.sha256,
        )
        session.add(row)
        return row.id

    async def look(self) -> bool:
        """Go on with a list that was cut off; returns whether there was one."""
        import_id = await self._claim()
        if import_id is not None:
            await self.go_on(import_id)
        return import_id is not None

    async def go_on(self, import_id: UUID) -> None:
        """Take it over from where it is. Of a list that cannot be, its page says so."""
        try:
            await self._take_over(import_id)
        except Exception as problem:  # the outer wall: nobody awaits us
            if is_unavailable(problem):
                raise
            log.exception("lists.not_taken_over", list=str(import_id))
            await self._end(import_id, finished=False)

    async def _claim(self) -> UUID | None:
        """Say that it is seen, so that nobody else goes on with it."""
        now = self.clock()
        cut_off = (
            SubscriberImportRow.finished_at.is_(None),
            SubscriberImportRow.sha256.is_not(None),
            SubscriberImportRow.seen_at < now - SILENT,
        )
        first = select(SubscriberImportRow.id).where(*cut_off).limit(1)
        async with self.database.read() as session:
            import_id = await session.scalar(first)
        if import_id is None:
            return None
        claimed = (
            update(SubscriberImportRow)
            .where(SubscriberImportRow.id == import_id, *cut_off)
            .values(seen_at=now)
            .returning(SubscriberImportRow.id)
        )
        async with self.database.begin() as session:
            return await session.scalar(claimed)

    async def _take_over(self, import_id: UUID) -> None:
        async with self.database.read() as session:
            row = await session.get_one(SubscriberImportRow, import_id)
            if row.sha256 is None:
                return
            text = apart(await self.blobs.read(session, row.sha256)).decode()
        report = Report(done=row.done, taken=row.taken, left_out=row.left_out)
        places = await self._places()
        lines: Iterable[Line | BadLine] = read_lines(StringIO(text), places, self.clock())
        rest = islice(lines, row.done, None)

        async def tell(session: AsyncSession, report: Report) -> None:
            row = await session.get_one(SubscriberImportRow, import_id)
            row.done, row.taken, row.left_out = report.done, report.taken, report.left_out
            more = [(one.number, one.reason, one.what) for one in report.latest]
            row.problems = [*row.problems, *more][:SHOWN]
            row.seen_at = self.clock()

        await take_over(self.database, self.clock, self.zone, rest, tell, report)
        await self._end(import_id, finished=True)

    async def _end(self, import_id: UUID, *, finished: bool) -> None:
        """The list itself is not needed any more."""
        async with self.database.begin() as session:
            row = await session.get_one(SubscriberImportRow, import_id, with_for_update=True)
            gone = [row.sha256] if row.sha256 else []
            row.sha256, row.seen_at = None, self.clock()
            row.finished_at = row.seen_at if finished else None
            await session.flush()
            await self.blobs.remove(session, gone)
        await self.blobs.discard(gone)

    async def _places(self) -> Places:
        async with self.database.read() as session:
            return await Places.read(
                session, region=self.region, language=self.language, zone=self.zone
            )
