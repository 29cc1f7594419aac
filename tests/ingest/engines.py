"""Both engines, for tests of what is the same on either."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from ingest import Consumer, EmbeddedEngine
from ingest.consumer import Engine
from ingest.embedded import rewind
from ingest.failures import BackOff, Failures
from ingest.kafka import Brokers, publish_again
from ingest.models import CursorRow, StreamRow
from tests.builders import SettableClock
from tests.ingest.kafka.stand import STREAM, Stand
from tests.ingest.witness import until

BACK_OFF = BackOff(attempts=3)


class Kind(Protocol):
    """One kind of engine, and the store of a test."""

    def engine(self, consumer: Consumer) -> Engine:
        """It does not run."""
        ...

    def running(self, consumer: Consumer) -> AbstractAsyncContextManager[Engine]: ...

    async def rewind(self, consumer: Consumer) -> None:
        """Have the consumer read everything again, once it runs."""
        ...

    async def until_read(self) -> None:
        """Wait until the consumer, while it runs, has read everything."""
        ...


@dataclass(frozen=True)
class Embedded:
    database: Database
    clock: SettableClock

    def engine(self, consumer: Consumer) -> EmbeddedEngine:
        return EmbeddedEngine(self.database, [consumer], Failures(self.clock, BACK_OFF))

    @asynccontextmanager
    async def running(self, consumer: Consumer) -> AsyncIterator[EmbeddedEngine]:
        engine = self.engine(consumer)
        task = asyncio.create_task(engine.run())
        try:
            yield engine
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def rewind(self, consumer: Consumer) -> None:
        await rewind(self.database, [consumer])

    async def until_read(self) -> None:
        async def look(session: AsyncSession) -> bool:
            last = select(func.max(StreamRow.seq)).where(StreamRow.stream == STREAM)
            return await session.scalar(select(CursorRow.seq)) == await session.scalar(last)

        await until(self.database, look)


class OnKafka:
    def __init__(self, database: Database, brokers: Brokers, clock: SettableClock) -> None:
        self._stand = Stand(database, brokers, clock, BACK_OFF)
        self.engine = self._stand.engine
        self.running = self._stand.running

    async def rewind(self, consumer: Consumer) -> None:
        await publish_again(self._stand.database, {consumer.stream})

    async def until_read(self) -> None:
        await self._stand.published()
        await self._stand.read_to_the_end("witness")
