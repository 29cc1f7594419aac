"""A case, what happens to it, and the way from there to a delivery."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, event, select

import citizens
from cases import (
    Actions,
    Agent,
    CaseRow,
    Opening,
    Role,
    fingerprint,
    open_case,
)
from cases.agents import AgentRow
from core.database import Database
from core.ids import new_id
from ingest import Handler, publish
from ingest.events import Event
from ingest.models import StreamRow
from notify import CaseNotifications, Deliveries, Dispatcher, Letterhead, Writing
from notify.models import DeliveryRow, DeliveryStatus
from tests.builders import SettableClock, little_town, message_row, references

LETTERHEAD = Letterhead(
    town="Ville de Démo",
    language="fr",
    zone=ZoneInfo("Europe/Paris"),
    main_mailbox="mairie@demo.example",
    mail_domain="guichet.demo.example",
    tracking_page="https://demo.example/tracking",
    secret=b"the town's secret",
)
RECEIPTS = 10  # an hour to one citizen
_new_reference = references()


@dataclass
class Desk:
    """The rooms around notify, as far as it needs them."""

    database: Database
    clock: SettableClock
    queue: Any
    agent: Agent

    async def open(self, **message: Any) -> Event:
        """A message opens a case; returns the event."""
        opening = {key: message.pop(key) for key in ("language", "due_at") if key in message}
        row = message_row(received_at=self.clock(), **message)
        async with self.database.begin() as session:
            session.add(row)
            await session.flush()
            if row.sender_address:
                newcomer = (row.sender_address, row.sender_name, row.language)
                await citizens.enter(session, [newcomer], self.clock())
            event = open_case(
                session,
                row,
                Opening(
                    reference=_new_reference(),
                    queue=self.queue,
                    citizen_id=citizens.newcomer(row.sender_address)
                    if row.sender_address
                    else None,
                    mailbox="voirie@demo.example",
                    language=opening.get("language", "fr"),
                    fingerprint=fingerprint(row.sender_address, row.text),
                    due_at=opening.get("due_at"),
                ),
            )
            await publish(session, [event])
        return event

    async def act(self, opened: Event, action: str, **values: Any) -> Event:
        """An agent does something to the case; returns the event."""
        async with self.database.begin() as session:
            case = await session.get_one(CaseRow, UUID(opened.subject))
            actions = Actions(session, self.clock, self.agent, "guichet.demo.example")
            await getattr(actions, action)(case.reference, case.version, **values)
            sequence = select(StreamRow.event).order_by(StreamRow.seq.desc()).limit(1)
            return Event.model_validate_json(await session.scalar(sequence) or "")

    def notifications(self) -> CaseNotifications:
        def is_ours(address: str) -> bool:
            return address.endswith("@demo.example")

        return CaseNotifications(
            self.database,
            self.clock,
            is_ours=is_ours,
            language="fr",
            sends_sms=True,
            receipts_per_hour=RECEIPTS,
            pushes=True,
        )

    def deliveries(self) -> Deliveries:
        return Deliveries(self.database, Writing(LETTERHEAD, self.clock))

    async def tell(self, *events: Event) -> list[DeliveryRow]:
        """All the way from changes of cases to queued deliveries."""
        requested = await self.consume(self.notifications(), events)
        await self.consume(self.deliveries(), requested)
        return await self.rows()

    async def consume(self, handler: Handler[Any], events: Sequence[Event]) -> list[Event]:
        """What an engine does with a batch."""
        prepared = await handler.prepare(events)
        async with self.database.begin() as session:
            following: list[Event] = []
            for event in events:
                following += await handler.handle(event, session, prepared)
            await session.flush()
            await publish(session, following)
        return following

    async def rows(self) -> list[DeliveryRow]:
        async with self.database.read() as session:
            query = select(DeliveryRow).order_by(DeliveryRow.created_at, DeliveryRow.id)
            return list((await session.scalars(query)).all())

    async def row(self) -> DeliveryRow:
        """The only one there is."""
        (row,) = await self.rows()
        return row


async def build_desk(database: Database, clock: SettableClock) -> Desk:
    async with database.begin() as session:
        town = await little_town(session)
        agent_id = new_id()
        session.add(
            AgentRow(
                id=agent_id,
                email="camille@demo.example",
                name="Camille Durand",
                password_hash="",
                roles=[Role.RECEPTION],
            )
        )
    agent = Agent(
        id=agent_id,
        email="camille@demo.example",
        name="Camille Durand",
        language="fr",
        roles=frozenset({Role.RECEPTION}),
        queue_ids=frozenset(),
    )
    return Desk(database, clock, town.queues["voirie"], agent)


@asynccontextmanager
async def at_work(dispatcher: Dispatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(true: Callable[[], Awaitable[bool] | bool], *, within: float = 10.0) -> None:
    """Wait for a condition, not for a time."""
    async with asyncio.timeout(within):
        while True:
            answer = true()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.005)


async def settled(desk: Desk) -> bool:
    """Whether nothing waits to be sent, or for an answer."""
    waiting = (DeliveryStatus.QUEUED, DeliveryStatus.IN_FLIGHT)
    return all(row.status not in waiting for row in await desk.rows())


@contextmanager
def executed() -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)
