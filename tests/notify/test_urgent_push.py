"""What is urgent is told on the devices of who has an account, besides the ways they chose."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import update

from citizens import Name
from citizens.accounts import create_account
from core.database import Database
from feeds.subscriptions import SubscriberRow
from notify import Medium, Priority
from notify.devices import PushKeys, add_device, devices_of
from notify.store import Due, read_due
from tests.builders import SettableClock
from tests.notify.test_campaigns import Town

JEANNE = "jeanne@citizens.example"
URGENT = "Urgent\u00a0:"
DEVICES = ("https://push.example/telephone", "https://push.example/computer")


@pytest.fixture
def town(database: Database, clock: SettableClock) -> Town:
    return Town(database, clock)


async def with_devices(town: Town, *topics: UUID) -> Sequence[str]:
    """Jeanne has subscribed by mail, and has an account with two devices; their addresses."""
    subscriber = await town.press.subscriber(JEANNE, *topics)
    async with town.database.begin() as session:
        account = await create_account(
            session,
            town.clock,
            email=JEANNE,
            name=Name("Jeanne", "Dupont"),
            password="trois tortues vertes",
            language="fr",
        )
        whose = update(SubscriberRow).where(SubscriberRow.id == subscriber.id)
        await session.execute(whose.values(account_id=account))
        for endpoint in DEVICES:
            await add_device(session, town.clock, account, PushKeys(endpoint, "p", "a"), "Firefox")
        return [f"push:{device.id}" for device in await devices_of(session, account)]


async def pushes(town: Town) -> list[Due]:
    async with town.database.read() as session:
        return await read_due(session, Medium.PUSH, town.clock(), 100)


async def test_an_urgent_entry_is_told_on_each_device_and_once(town: Town) -> None:
    topic = await town.press.topic("alertes")
    devices = await with_devices(town, topic)
    await town.press.subscriber("without@citizens.example", topic)
    ranges = await town.announce(
        await town.press.entry(topic, title="Crue", sms="Quittez les quais", urgent=True)
    )
    for _ in range(2):  # a range may be handled again
        await town.address(*ranges)
    found = await pushes(town)
    assert sorted(one.delivery.recipient for one in found) == sorted(devices)
    assert {one.priority for one in found} == {Priority.URGENT}
    content = found[0].content
    assert content.text.splitlines() == [f"{URGENT} Crue", "Quittez les quais"]
    assert content.headers["Urgency"] == "high"
    assert content.headers["Link"].startswith("/entries/entry-")
    mails = [one.delivery.recipient for one in await town.due()]
    assert sorted(mails) == [JEANNE, "without@citizens.example"]


async def test_a_correction_puts_right_what_waits_for_a_device(town: Town) -> None:
    topic = await town.press.topic("alertes")
    await with_devices(town, topic)
    published = await town.press.entry(topic, title="Crue", urgent=True)
    await town.tell(published)
    told = await town.press.correct(published, "Petite crue")
    await town.announce(told.model_copy(update={"data": {**told.data, "urgent": False}}))
    assert {one.content.text for one in await pushes(town)} == {f"{URGENT} Petite crue"}


async def test_what_is_not_urgent_waits_on_the_ways_they_chose(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await with_devices(town, topic)
    await town.tell(await town.press.entry(topic))
    assert await pushes(town) == []
    assert len(await town.due()) == 1
