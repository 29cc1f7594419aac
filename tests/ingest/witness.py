"""A little handler instead of the rooms', and what can be seen of what it does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens import CitizenRow
from core.blobs import Blobs
from core.database import Database
from core.ids import derived_id
from ingest import Acceptance, ChannelName, Consumer
from ingest.events import Event, IntakeReceived, MessageNormalized
from ingest.models import IntakeRow, ProcessedRow, QuarantineRow, RetryRow, StreamRow
from tests.builders import NOON, SettableClock, arrival

LONGEST = 30.0  # seconds that a test waits for anything, on a slow machine

Trouble = Callable[[IntakeRow], Exception | None]
Look = Callable[[AsyncSession], Awaitable[bool]]


class Witness:
    """Writes a citizen named after the intake's key, unless ``trouble`` has an objection."""

    def __init__(self, database: Database, trouble: Trouble = lambda _intake: None) -> None:
        self.database = database
        self.trouble = trouble
        self.handled: list[str] = []
        self.consumer = Consumer("witness", "intake.received", self)

    async def prepare(self, events: Sequence[Event]) -> dict[UUID, IntakeRow]:
        ids = [IntakeReceived.of(event).intake_id for event in events]
        async with self.database.read() as session:
            rows = await session.scalars(select(IntakeRow).where(IntakeRow.id.in_(ids)))
            return {row.id: row for row in rows}

    async def handle(
        self, event: Event, session: AsyncSession, prepared: dict[UUID, IntakeRow]
    ) -> list[Event]:
        intake = prepared[IntakeReceived.of(event).intake_id]
        name = str(intake.facts.get("name", intake.key))
        session.add(CitizenRow(id=derived_id(intake.id, "c"), name=name, created_at=NOON))
        if problem := self.trouble(intake):
            raise problem
        self.handled.append(name)
        data = MessageNormalized(message_id=intake.id, channel=ChannelName.EMAIL)
        return [event.follow(data, key=intake.id)]


async def accept_all(
    database: Database, blobs: Blobs, clock: SettableClock, keys: Sequence[str]
) -> None:
    acceptance = Acceptance(database, blobs, clock)
    for key in keys:
        await acceptance.accept(arrival(key))


async def until(database: Database, look: Look) -> None:
    """Wait until a look at the store is true."""
    async with asyncio.timeout(LONGEST):
        while True:
            async with database.read() as session:
                if await look(session):
                    return
            await asyncio.sleep(0.02)


async def names(database: Database) -> list[str]:
    async with database.read() as session:
        return sorted(await session.scalars(select(CitizenRow.name)))


async def settled(session: AsyncSession) -> bool:
    """Whether the witness has seen all there is: each is handled or put aside."""
    unseen = (
        select(func.count())
        .select_from(StreamRow)
        .where(StreamRow.stream == "intake.received")
        .where(
            *(
                ~exists().where(table.consumer == "witness", table.event_id == StreamRow.id)
                for table in (ProcessedRow, RetryRow, QuarantineRow)
            )
        )
    )
    return await session.scalar(unseen) == 0


async def no_retries(session: AsyncSession) -> bool:
    return await session.scalar(select(func.count()).select_from(RetryRow)) == 0
