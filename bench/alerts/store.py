"""Looking into the town's store, and entering what it begins with, from outside of the town."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import func, select

from bench.subscribers import Person, enter, set_digests_due
from core.database import Database
from feeds import TopicRow
from notify.campaigns import CampaignRow
from notify.models import DeliveryRow, DeliveryStatus

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Addressed:
    """Moments are as of ``time.time``."""

    deliveries: int
    begun: float
    """When the subscribers were cut into ranges."""
    first: float
    """When the first of them was written, as are the others."""
    last: float


class Store:
    """Of the town at ``url``; every call opens it anew and waits."""

    def __init__(self, url: str) -> None:
        self.url = url

    def enter(self, people: Sequence[Person]) -> Mapping[str, UUID]:
        """Enter the subscribers: to roadworks, some of them to warnings, too; returns the topics
        by their slugs."""

        async def work(database: Database) -> Mapping[str, UUID]:
            async with database.read() as session:
                rows = await session.execute(select(TopicRow.slug, TopicRow.id))
                topics = dict(rows.tuples().all())
            await enter(database, people, topics["travaux"], topics["alertes"])
            return topics

        return self._do(work)

    def set_digests_due(self, at: datetime) -> None:
        self._do(lambda database: set_digests_due(database, at))

    def statuses(self) -> Mapping[DeliveryStatus, int]:
        """How many deliveries there are of each."""

        async def work(database: Database) -> Mapping[DeliveryStatus, int]:
            query = select(DeliveryRow.status, func.count()).group_by(DeliveryRow.status)
            async with database.read() as session:
                rows = (await session.execute(query)).all()
            return {DeliveryStatus(status): count for status, count in rows}

        return self._do(work)

    def addressed(self, title: str) -> Addressed:
        """How the campaign of an entry came about."""

        async def work(database: Database) -> Addressed:
            query = (
                select(
                    func.count(),
                    func.min(CampaignRow.created_at),
                    func.min(DeliveryRow.created_at),
                    func.max(DeliveryRow.created_at),
                )
                .join(CampaignRow, CampaignRow.id == DeliveryRow.campaign_id)
                .where(CampaignRow.title == title)
            )
            async with database.read() as session:
                ((count, *moments),) = (await session.execute(query)).all()
            return Addressed(count, *(moment.timestamp() for moment in moments))

        return self._do(work)

    def _do(self, work: Callable[[Database], Awaitable[T]]) -> T:
        async def opened() -> T:
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(opened())
