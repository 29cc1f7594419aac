"""From an agent's click to a subscriber, through a hub; all of it over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO

import aiohttp
import feedparser
import pytest
from sqlalchemy import func, select

from core.blobs import Blobs
from core.database import Database
from core.settings import Settings
from feeds import HubPings
from feeds.models import HubPingRow
from tests.agent_api.serving import served
from tests.builders import SettableClock
from tests.channels.web.building import Portal
from tests.channels.web.topics.hub import Hub, Subscriber
from tests.feeds.news import News
from tests.ports import free_ports


@dataclass
class World:
    portal: Portal
    news: News
    hub: Hub
    subscriber: Subscriber
    callback: str
    pings: HubPings

    async def ping(self) -> None:
        """What the town does every few seconds."""
        async with aiohttp.ClientSession() as client:
            await self.pings.send_due(client)

    async def waiting(self) -> int:
        async with self.news.database.read() as session:
            return await session.scalar(select(func.count()).select_from(HubPingRow)) or 0


@pytest.fixture
async def world(
    settings: Settings, database: Database, blobs: Blobs, clock: SettableClock
) -> AsyncIterator[World]:
    hub, subscriber = Hub(), Subscriber()
    async with hub.server() as hub_server, subscriber.server() as subscriber_server:
        hub.url = str(hub_server.make_url("/"))
        (port,) = free_ports(1)
        home = f"http://127.0.0.1:{port}"
        here = settings.model_copy(update={"public_url": home, "websub_hub": hub.url})
        portal = Portal(here, database, blobs, clock)
        async with served(portal.app, port):
            yield World(
                portal,
                News(database, blobs, clock, hub.url, home),
                hub,
                subscriber,
                str(subscriber_server.make_url("/callback")),
                HubPings(database, clock, hub.url),
            )


async def test_a_subscriber_gets_what_is_published_corrected_and_withdrawn(world: World) -> None:
    news, subscriber = world.news, world.subscriber
    await news.topic("travaux")
    await subscriber.subscribe(f"{news.portal}/feeds/travaux.atom", world.callback)
    assert world.hub.subscribed == {(subscriber.topic, world.callback): subscriber.secret}
    entry_id = await news.publish("travaux")
    await world.ping()
    await news.correct(entry_id, "travaux", title="Rue Pasteur ouverte")
    await world.ping()
    await news.withdraw(entry_id)
    await world.ping()
    read = [feedparser.parse(BytesIO(content)) for content in subscriber.received]
    assert [[entry.title for entry in one.entries] for one in read] == [
        ["Rue Pasteur barrée"],
        ["Rue Pasteur ouverte"],
        [],
    ]
    feeds = {f"{news.portal}/feeds/{way}{slug}.{form}" for way in ("", "en/")
             for slug in ("travaux", "all") for form in ("atom", "rss", "json", "ics")}  # fmt: skip
    assert set(world.hub.pinged) == feeds
    assert await world.waiting() == 0


async def test_a_hub_that_is_away_is_told_later(world: World, clock: SettableClock) -> None:
    await world.news.topic("travaux")
    world.hub.busy = True
    await world.news.publish("travaux")
    await world.ping()
    await world.ping()
    assert (world.hub.pinged, await world.waiting()) == ([], 16)
    world.hub.busy = False
    await world.ping()
    assert world.hub.pinged == [], "it is left in peace for a while"
    clock.advance(minutes=1)
    await world.ping()
    assert (len(world.hub.pinged), await world.waiting()) == (16, 0)


async def test_news_that_come_while_the_hub_is_told_are_told_too(world: World) -> None:
    await world.news.topic("travaux")
    entry_id = await world.news.publish("travaux")
    left = [entry_id]

    async def withdraw() -> None:
        if left:
            await world.news.withdraw(left.pop())

    world.hub.meanwhile = withdraw
    await world.ping()
    assert await world.waiting() == 16
    await world.ping()
    assert await world.waiting() == 0
