"""Taking what an exchange tells: durable when :meth:`Calls.take` has returned."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from cases.calls import CallReport, hear
from cases.models import CallRow, CallState
from channels.cti.missed import leave_message
from core.clock import Clock
from core.database import Database
from core.metrics import CALLS
from ingest import publish
from ingest.events import Event


class Calls:
    """``language`` is the town's: what a missed call leaves is written in it."""

    def __init__(self, database: Database, clock: Clock, *, language: str) -> None:
        self._database = database
        self._clock = clock
        self._language = language

    async def take(self, report: CallReport) -> None:
        """Write down a report and what follows from it, in one transaction.

        The same report again changes nothing. Raises what the store raises when it is away.
        """
        async with self._database.begin() as session:
            heard = await hear(session, report)
            if heard.events:
                following = await self._following(session, heard.call)
                await session.flush()
                await publish(session, [*heard.events, *following])
        CALLS.labels(report.event, "new" if heard.events else "known").inc()

    async def _following(self, session: AsyncSession, call: CallRow) -> Sequence[Event]:
        if call.state != CallState.MISSED or call.message_id is not None:
            return ()
        return await leave_message(session, call, self._clock(), self._language)
