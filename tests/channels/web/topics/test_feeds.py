"""What a reader's program gets, read back by a library that many of them use."""

import json
from calendar import timegm
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import feedparser
import pytest
from icalendar import Calendar

from feeds import Words
from tests.builders import NOON, SettableClock
from tests.channels.web.building import Portal
from tests.channels.web.topics.conftest import HUB
from tests.channels.web.topics.validators import check_atom, check_json, check_rss
from tests.feeds.news import PORTAL, News

PARIS = ZoneInfo("Europe/Paris")
TYPES = {
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
    "ics": "text/calendar",
}
WORDS = {
    "fr": Words(
        title="Rue Pasteur barrée < & >",
        body="Du **12** au 48.\n\n- à pied : oui",
        summary="Déviation par la rue des Lilas",
        image_alt="La rue",
    ),
    "en": Words(title="Rue Pasteur closed", body="From **12** to 48.", image_alt="The street"),
}


async def announce(news: News, **more: Any) -> str:
    """An entry with everything; returns its address."""
    await news.topic("travaux")
    entry_id = await news.publish(
        "travaux",
        words=WORDS,
        place="Rue Pasteur",
        latitude=48.11,
        longitude=-1.67,
        starts_at=datetime(2026, 3, 10, tzinfo=PARIS),
        ends_at=datetime(2026, 3, 12, tzinfo=PARIS),
        picture=await news.picture(),
        **more,
    )
    return f"{PORTAL}/entries/{(await news.entry(entry_id)).slug}"


@pytest.mark.parametrize("form", ["atom", "rss"])
async def test_every_field_is_read_back(portal: Portal, news: News, form: str) -> None:
    url = await announce(news)
    async with portal.browser() as browser:
        answer = (await browser.get(f"/feeds/travaux.{form}")).response
    (check_atom if form == "atom" else check_rss)(answer.content)
    read = feedparser.parse(BytesIO(answer.content))
    assert not read.bozo
    feed = read.feed
    assert (feed.title, feed.subtitle) == ("Thème travaux · Ville", "Tout ce qui s’y passe.")
    assert feed.language == "fr"
    links = {link.rel: link.href for link in feed.links}
    assert links == {
        "alternate": f"{PORTAL}/topics/travaux",
        "self": f"{PORTAL}/feeds/travaux.{form}",
        "hub": HUB,
    }
    assert datetime.fromtimestamp(timegm(feed.updated_parsed), UTC) == NOON
    (entry,) = read.entries
    assert entry.title == "Rue Pasteur barrée < & >"
    assert entry.link == url
    assert entry.summary == "Déviation par la rue des Lilas"
    assert "<strong>12</strong>" in entry.content[0].value
    assert "<li>à pied : oui</li>" in entry.content[0].value
    assert entry.id.startswith("urn:uuid:")
    assert entry.author == "Ville"
    assert [tag.term for tag in entry.tags] == ["Thème travaux"]
    assert datetime.fromtimestamp(timegm(entry.published_parsed), UTC) == NOON
    (picture,) = entry.enclosures
    assert picture.type == "image/jpeg"
    assert picture.href.startswith(f"{url}/")
    assert entry.where["coordinates"] == (-1.67, 48.11)
    async with portal.browser() as browser:
        drawn = (await browser.get(picture.href.removeprefix(PORTAL))).response
    assert len(drawn.content) == int(picture.length)
    assert drawn.content.startswith(b"\xff\xd8")


async def test_the_json_feed_says_the_same(portal: Portal, news: News) -> None:
    url = await announce(news)
    async with portal.browser() as browser:
        feed = json.loads((await browser.get("/feeds/en/travaux.json")).response.content)
    check_json(feed)
    assert feed["title"] == "Topic travaux · Ville"
    assert feed["hubs"] == [{"type": "WebSub", "url": HUB}]
    assert feed["feed_url"] == f"{PORTAL}/feeds/en/travaux.json"
    (item,) = feed["items"]
    assert (item["url"], item["title"], item["language"]) == (url, "Rue Pasteur closed", "en")
    assert item["tags"] == ["Topic travaux"]
    assert datetime.fromisoformat(item["date_published"]) == NOON


async def test_dated_entries_are_a_calendar(portal: Portal, news: News) -> None:
    url = await announce(news)
    await news.publish("travaux", title="Undated")
    await news.publish(
        "travaux",
        title="Concert; with, signs",
        starts_at=datetime(2026, 7, 14, 20, 30, tzinfo=PARIS),
        all_day=False,
    )
    async with portal.browser() as browser:
        content = (await browser.get("/feeds/travaux.ics")).response.content
        one = (await browser.get(f"{url.removeprefix(PORTAL)}.ics")).response.content
    calendar = Calendar.from_ical(content)
    concert, closed = calendar.events
    assert calendar["NAME"] == "Thème travaux · Ville"
    assert (closed.start, closed.end) == (
        datetime(2026, 3, 10, tzinfo=PARIS).date(),
        datetime(2026, 3, 12, tzinfo=PARIS).date(),
    )
    assert closed["LOCATION"] == "Rue Pasteur"
    assert closed["URL"] == url
    assert concert["SUMMARY"] == "Concert; with, signs"
    assert concert.start == datetime(2026, 7, 14, 18, 30, tzinfo=UTC)
    assert Calendar.from_ical(one).events[0]["UID"] == closed["UID"]


@pytest.mark.parametrize("form", TYPES)
async def test_what_has_not_changed_is_not_sent_again(
    portal: Portal, news: News, clock: SettableClock, form: str
) -> None:
    await announce(news)
    address = f"/feeds/travaux.{form}"
    async with portal.browser() as browser:
        first = (await browser.get(address)).response
        tag, since = first.headers["etag"], first.headers["last-modified"]
        assert first.headers["content-type"].startswith(TYPES[form])
        assert f'<{HUB}>; rel="hub"' in first.headers["link"]
        assert f'<{PORTAL}{address}>; rel="self"' in first.headers["link"]
        assert "set-cookie" not in first.headers
        for known in ({"if-none-match": f'W/{tag}, "x"'}, {"if-modified-since": since}):
            again = await browser.get(address, **known)
            assert (again.status, again.response.content) == (304, b"")
            assert again.response.headers["etag"] == tag
        clock.advance(seconds=5)
        await news.publish("travaux", title="News")
        for known in ({"if-none-match": tag}, {"if-modified-since": since}):
            assert (await browser.get(address, **known)).status == 200
        past = format_datetime(NOON - timedelta(days=1), usegmt=True)
        assert (await browser.get(address, **{"if-modified-since": past})).status == 200


async def test_a_withdrawal_leaves_the_feeds_and_is_news_to_them(
    portal: Portal, news: News, clock: SettableClock
) -> None:
    await news.topic("travaux")
    await news.topic("culture")
    entry_id = await news.publish("travaux", title="Wrong")
    clock.advance(minutes=1)
    await news.publish("culture", title="Right")
    clock.advance(hours=1)
    await news.withdraw(entry_id)
    async with portal.browser() as browser:
        topic = feedparser.parse(
            BytesIO((await browser.get("/feeds/travaux.atom")).response.content)
        )
        both = feedparser.parse(BytesIO((await browser.get("/feeds/all.atom")).response.content))
    assert topic.entries == []
    assert [entry.title for entry in both.entries] == ["Right"]
    for read in (topic, both):
        assert datetime.fromtimestamp(timegm(read.feed.updated_parsed), UTC) == clock()


async def test_there_is_no_feed_of_what_is_not_for_everybody(portal: Portal, news: News) -> None:
    await news.topic("agents", public=False)
    async with portal.browser() as browser:
        for name in ("agents.atom", "nothing.rss", "all.exe", "xx/all.atom", "all"):
            assert (await browser.get(f"/feeds/{name}")).status == 404
