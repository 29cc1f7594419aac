"""What changes while a campaign is on its way: withdrawals, corrections, subscribers who go."""

import pytest

from core.database import Database
from feeds.subscriptions import SubscriberRow
from feeds.subscriptions.store import erase_subscriber
from notify.campaigns import WITHDRAWN
from notify.dispatch.unwanted import unwanted
from notify.models import DeliveryStatus
from tests.builders import SettableClock
from tests.notify.test_campaigns import Town

ANNE, BELA = "anne@citizens.example", "bela@citizens.example"


@pytest.fixture
def town(database: Database, clock: SettableClock) -> Town:
    return Town(database, clock)


async def test_what_a_provider_gives_back_after_a_withdrawal_is_not_sent_again(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber(ANNE, topic)
    published = await town.press.entry(topic)
    await town.tell(published)
    await town.set_status(DeliveryStatus.IN_FLIGHT)
    await town.announce(await town.press.withdraw(published))
    await town.set_status(DeliveryStatus.QUEUED, "450 greylisted")
    (due,) = await town.due()
    async with town.database.begin() as session:
        assert await unwanted(session, [due]) == {
            due.delivery.id: (DeliveryStatus.FAILED, WITHDRAWN)
        }


async def test_an_address_that_was_told_as_another_subscribers_is_told_once(town: Town) -> None:
    topic = await town.press.topic("voirie")
    first = await town.press.subscriber(ANNE, topic)
    ranges = await town.announce(await town.press.entry(topic))
    await town.address(*ranges)
    async with town.database.begin() as session:
        await erase_subscriber(session, await session.get_one(SubscriberRow, first.id))
    assert (await town.press.subscriber(ANNE, topic)).id != first.id
    await town.press.subscriber(BELA, topic)
    await town.address(*ranges)
    assert sorted(due.delivery.recipient for due in await town.due()) == [ANNE, BELA]
