"""A portal whose topics can be subscribed to."""

from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from sqlalchemy import select

from channels.web.account.context import Context
from feeds.subscriptions import ConsentRow, SubscriberRow, SubscriptionRow
from notify import CampaignKind, CampaignRow
from tests.channels.web.account.building import Accounts
from tests.channels.web.account.conftest import cheap_passwords
from tests.channels.web.building import Portal
from tests.feeds.building import Press

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

    async def campaign(self, entry_id: UUID) -> UUID:
        """A campaign that tells of an entry."""
        row = CampaignRow(
            id=entry_id,
            kind=CampaignKind.ENTRY,
            entry_id=entry_id,
            version=1,
            title="",
            urgent=False,
            wakes=False,
            audience=1,
            due_at=self.press.clock(),
            created_at=self.press.clock(),
        )
        async with self.press.database.begin() as session:
            session.add(row)
        return row.id


@pytest.fixture
async def newsroom(portal: Portal) -> Newsroom:
    accounts = Accounts(portal)
    accounts.context = replace(accounts.context, town_number="+33199001000")
    portal.app.state.accounts = accounts.context
    press = Press(portal.database, portal.clock)
    roads = await press.topic("voirie", name="Voirie", en="Roads")
    return Newsroom(accounts, press, roads, await press.topic("culture", name="Culture"))
