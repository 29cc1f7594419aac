"""A portal whose topics can be subscribed to."""

from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import select

from channels.web.account.context import Context
from feeds.subscriptions import ConsentRow, SubscriberRow, SubscriptionRow
from ingest.events import Event
from notify.models import DeliveryRow, DeliveryStatus
from tests.channels.web.account.building import Accounts
from tests.channels.web.account.conftest import cheap_passwords
from tests.channels.web.building import Portal
from tests.feeds.building import Press
from tests.notify.test_campaigns import Town

__all__ = ["cheap_passwords"]


@dataclass
class Newsroom:
    """Two topics, and who has subscribed."""

    accounts: Accounts
    press: Press
    roads: UUID
    culture: UUID

    @property
    def context(self) -> Context:
        return self.accounts.context

    async def subscriptions(self) -> dict[tuple[str, UUID], str]:
        """Cadences by medium and topic, of everybody."""
        async with self.press.database.read() as session:
            rows = await session.scalars(select(SubscriptionRow))
            return {(row.medium, row.topic_id): row.cadence for row in rows}

    async def subscribers(self) -> list[SubscriberRow]:
        async with self.press.database.read() as session:
            return list(await session.scalars(select(SubscriberRow)))

    async def consents(self) -> list[tuple[str, str]]:
        async with self.press.database.read() as session:
            rows = await session.scalars(select(ConsentRow).order_by(ConsentRow.id))
            return [(row.act, row.how) for row in rows]

    async def tell(self, event: Event) -> UUID:
        """Queue what tells everybody of an entry, as the stages do; returns the campaign."""
        return await Town(self.press.database, self.press.clock).tell(event)

    async def waiting(self, address: str) -> set[UUID | None]:
        """The campaigns of which something waits to be sent to an address."""
        query = select(DeliveryRow.campaign_id).where(
            DeliveryRow.recipient == address, DeliveryRow.status == DeliveryStatus.QUEUED
        )
        async with self.press.database.read() as session:
            return set(await session.scalars(query))


@pytest.fixture
async def newsroom(portal: Portal) -> Newsroom:
    accounts = Accounts(portal)
    accounts.context = replace(accounts.context, town_number="+33199001000")
    portal.app.state.accounts = accounts.context
    press = Press(portal.database, portal.clock)
    roads = await press.topic("voirie", name="Voirie", en="Roads")
    return Newsroom(accounts, press, roads, await press.topic("culture", name="Culture"))
