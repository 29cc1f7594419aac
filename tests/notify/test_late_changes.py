"""What changes while a campaign is on its way: withdrawals, corrections, subscribers who go."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from core.database import Database
from core.errors import Later
from core.ids import new_id
from feeds import EntryRow
from feeds.subscriptions import SubscriberRow
from feeds.subscriptions.store import erase_subscriber
from ingest.events import Event
from notify.campaigns import WITHDRAWN, CampaignRow
from notify.dispatch.unwanted import unwanted
from notify.models import DeliveryStatus
from notify.store import claim
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
        (known,) = (await claim(session, [due], new_id())).values()
    assert unwanted(due, known) == (DeliveryStatus.FAILED, WITHDRAWN)


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


async def test_who_read_the_words_before_a_correction_reads_them_anew(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber(ANNE, topic)
    published = await town.press.entry(topic, title="Rue fermé")
    ranges = await town.announce(published)
    read_before = await town.addressing.prepare(ranges)
    await town.announce(await town.press.correct(published, "Rue fermée"))
    with pytest.raises(Later):
        async with town.database.begin() as session:
            await town.addressing.handle(ranges[0], session, read_before)
    await town.address(*ranges)
    (due,) = await town.due()
    assert due.content.subject == "Rue fermée"


async def test_the_words_of_all_languages_are_stored_in_one_order(town: Town) -> None:
    topic = await town.press.topic("voirie")
    for address, language in ((ANNE, "fr"), (BELA, "en"), ("+33612345678", "fr")):
        await town.press.subscriber(address, topic, language=language)
    ranges = await town.announce(await town.press.entry(topic))
    (prepared,) = (await town.addressing.prepare(ranges)).values()
    ids = [row["id"] for row in prepared.contents]
    assert len(ids) == 3
    assert ids == sorted(ids)


async def test_a_correction_changes_until_when_what_waits_is_worth_sending(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber(ANNE, topic)
    published = await town.press.entry(topic, expires_at=town.clock() + timedelta(hours=1))
    campaign = await town.tell(published)
    later = town.clock() + timedelta(hours=3)
    await expires(town, published, later)
    await town.announce(await town.press.correct(published, "Rue fermée"))
    (due,) = await town.due()
    async with town.database.read() as session:
        row = await session.get_one(CampaignRow, campaign)
    assert due.delivery.expires_at == row.expires_at == later


@pytest.mark.parametrize("urgent", [False, True])
async def test_a_correction_by_which_it_has_expired_ends_what_waits(
    town: Town, urgent: bool
) -> None:
    topic = await town.press.topic("alerte")
    await town.press.subscriber(ANNE, topic)
    published = await town.press.entry(topic, urgent=urgent)
    await town.tell(published)
    await expires(town, published, town.clock())
    assert await town.announce(await town.press.correct(published, "C’est fini")) == []
    assert await town.due() == []


async def expires(town: Town, published: Event, at: datetime) -> None:
    async with town.database.begin() as session:
        entry = await session.get_one(EntryRow, UUID(published.subject))
        entry.expires_at = at
