"""One step of a dispatcher in the store: what came of deliveries, and which it sends next."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from notify.dispatch.lanes import Lane
from notify.settling import settle
from notify.store import Claimed, Due, Outcome, claim

Chosen = Mapping[UUID, tuple[Due, Lane]]
"""By id, what is to be sent next, and by whom."""


class Records:
    """Of the dispatcher with the id ``by``."""

    def __init__(self, database: Database, by: UUID) -> None:
        self._database = database
        self._by = by

    async def write(self, outcomes: Sequence[Outcome], chosen: Chosen) -> Mapping[UUID, Claimed]:
        """Write down the ones and mark the others; returns those of the chosen that are ours.

        One transaction for both, so that never more are in flight than there are connections. Of
        campaigns alone PostgreSQL is given two at the same time, which is quicker; when we are
        killed in between, so many more are in doubt that had not been handed over. Neither of the
        two waits for the other: what waits outside of PostgreSQL no detector of deadlocks sees.
        """
        if self._database.is_sqlite or not _is_of_campaigns(outcomes, chosen):
            async with self._database.begin(patient=True) as session:
                await settle(session, outcomes, self._by)
                return await self._claim(session, chosen)
        written, marked = await asyncio.gather(
            self._settle(outcomes), self._mark(chosen), return_exceptions=True
        )
        if isinstance(written, BaseException):
            raise written
        if isinstance(marked, BaseException):
            raise marked
        return marked

    async def _settle(self, outcomes: Sequence[Outcome]) -> None:
        async with self._database.begin() as session:
            await settle(session, outcomes, self._by)

    async def _mark(self, chosen: Chosen) -> Mapping[UUID, Claimed]:
        async with self._database.begin() as session:
            return await self._claim(session, chosen)

    async def _claim(self, session: AsyncSession, chosen: Chosen) -> Mapping[UUID, Claimed]:
        if not chosen:
            return {}
        dues = [due for due, _ in chosen.values()]
        names = {one: lane.name for one, (_, lane) in chosen.items()}
        return await claim(session, dues, self._by, names)


def _is_of_campaigns(outcomes: Sequence[Outcome], chosen: Chosen) -> bool:
    dues = (*(outcome.due for outcome in outcomes), *(due for due, _ in chosen.values()))
    return all(due.delivery.is_bulk for due in dues)
