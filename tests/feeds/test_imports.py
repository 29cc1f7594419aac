import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.database import Database
from core.errors import BadInput
from core.processes import Processes
from feeds import EntryStatus, Imports, shown_entry
from feeds.fetching import Fetched, Fetching, NotFetched
from feeds.imports import AT_FIRST
from feeds.items import MOST_ITEMS, read_items
from feeds.models import EntryRow, OutsideFeedRow
from feeds.outside import add_feed
from tests.builders import SettableClock
from tests.feeds.news import News

ADDRESS = "https://region.example/feed"


def item(number: int, body: str = "Text", **more: str) -> str:
    extra = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    return (
        f"<item><title>Item {number}</title><link>https://region.example/{number}</link>"
        f'<guid isPermaLink="false">g{number}</guid>'
        f"<description><![CDATA[{body}]]></description>{extra}</item>"
    )


def renamed(one: str, scheme: str) -> str:
    """The same item under another guid: a new one, or its link."""
    guid = re.search("<link>(.*)</link>", one)
    name = guid[1] if guid and scheme == "url" else "urn:new:\\1"
    return re.sub('<guid isPermaLink="false">(.*)</guid>', f"<guid>{name}</guid>", one)


def rss(*items: str) -> bytes:
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>Region</title>'
    return (head + "".join(items) + "</channel></rss>").encode()


@dataclass
class Site(Fetching):
    """Somebody else's, as it answers just now."""

    content: bytes | None = b""
    problem: str = ""
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)
    """The tags that were shown."""

    async def fetch(self, url: str, *, etag: str = "", last_modified: str = "") -> Fetched:
        self.asked.append(etag)
        if self.problem:
            raise NotFetched(self.problem)
        if self.fault:
            raise self.fault
        return Fetched(self.content, url, "application/rss+xml", '"tag"', "")


@pytest.fixture(scope="module")
def processes() -> Iterator[Processes]:
    processes = Processes(1)
    yield processes
    processes.close()


@dataclass
class Outside:
    news: News
    imports: Imports
    site: Site
    clock: SettableClock
    database: Database

    async def add(self, *, publishes: bool = False) -> None:
        async with self.database.begin() as session:
            await add_feed(
                session,
                self.clock,
                ADDRESS,
                topic_id=self.news.topics["travaux"],
                language="fr",
                publishes=publishes,
            )

    async def look(self, content: bytes | None = None) -> None:
        """The next look, at its time."""
        if content is not None:
            self.site.content = content
        self.clock.advance(days=2)
        assert await self.imports.look()

    async def entries(self) -> dict[str, EntryRow]:
        async with self.database.read() as session:
            rows = await session.scalars(select(EntryRow).order_by(EntryRow.id))
            return {str(row.guid): row for row in rows}

    async def feed(self) -> OutsideFeedRow:
        async with self.database.read() as session:
            return (await session.scalars(select(OutsideFeedRow))).one()


@pytest.fixture
async def outside(
    news: News, clock: SettableClock, database: Database, processes: Processes
) -> Outside:
    await news.topic("travaux")
    site = Site()
    imports = Imports(database, news.blobs, clock, news.publishing, processes, site)
    return Outside(news, imports, site, clock, database)


async def html_of(database: Database, entry_id: UUID) -> str:
    async with database.read() as session:
        return (await shown_entry(session, entry_id)).said("fr").html


async def test_items_become_drafts_each_once_and_harmless(outside: Outside) -> None:
    await outside.add()
    await outside.look(rss(item(1, "<b>Bold</b><script>x()</script><img src='http://x/y'>")))
    await outside.look(rss(item(2), item(1, "Changed there")))
    entries = await outside.entries()
    assert list(entries) == ["g1", "g2"]
    first = entries["g1"]
    assert (first.status, first.source_url) == (EntryStatus.DRAFT, "https://region.example/1")
    html = await html_of(outside.database, first.id)
    assert "<strong>Bold</strong>" in html
    assert "script" not in html
    assert "img" not in html
    assert outside.site.asked == ["", '"tag"'], "it shows what it has"


async def test_what_is_published_by_itself_is_only_what_is_new(outside: Outside) -> None:
    await outside.add(publishes=True)
    await outside.look(rss(*(item(number) for number in range(20))))
    assert len(await outside.entries()) == AT_FIRST
    assert await outside.news.told() == [], "what was there before is news to nobody"
    await outside.look(rss(item(99), *(item(number) for number in range(AT_FIRST))))
    entries = await outside.entries()
    assert entries["g99"].status == EntryStatus.PUBLISHED
    assert [one.entry_id for one in await outside.news.told()] == [entries["g99"].id]


async def test_what_a_new_feed_had_beyond_the_first_is_news_at_no_later_look(
    outside: Outside,
) -> None:
    await outside.add(publishes=True)
    old = [item(number) for number in range(20)]
    await outside.look(rss(*old))
    await outside.look(rss(item(99), *old))
    assert len(await outside.entries()) == AT_FIRST + 1
    assert len(await outside.news.told()) == 1


@pytest.mark.parametrize("scheme", ["guid", "url"])
async def test_a_feed_that_names_its_items_anew_publishes_nothing_twice(
    outside: Outside, scheme: str
) -> None:
    await outside.add(publishes=True)
    old = [item(number) for number in range(20)]
    await outside.look(rss(*old))
    await outside.look(rss(item(20), *old))
    anew = [renamed(item(number, "Another text"), scheme) for number in range(20)]
    await outside.look(rss(renamed(item(21), scheme), renamed(item(20), scheme), *anew))
    await outside.look(rss(renamed(item(22), scheme), renamed(item(21), scheme), *anew))
    assert len(await outside.news.told()) == 3  # 20, 21 and 22
    assert len(await outside.entries()) == AT_FIRST + 3


async def test_an_item_with_a_new_name_and_all_else_alike_is_the_same(outside: Outside) -> None:
    await outside.add(publishes=True)
    await outside.look(rss(item(1)))
    await outside.look(rss(item(2), item(1)))
    await outside.look(rss(renamed(item(2), "guid"), item(1)))
    assert len(await outside.news.told()) == 1


async def test_alerts_that_share_a_link_are_each_news(outside: Outside) -> None:
    """A feed of a single alert, whose link is always the same page."""
    await outside.add(publishes=True)
    page = "https://region.example/alerts"
    for number in range(4):
        alert = re.sub("<link>.*</link>", f"<link>{page}</link>", item(number, f"Storm {number}"))
        await outside.look(rss(alert.replace(f"Item {number}", "Orange alert")))
    assert len(await outside.news.told()) == 3  # all but what was there before


@pytest.mark.parametrize("count", [2, AT_FIRST + 2])
@pytest.mark.parametrize("titles", ["of the day", "of the page"])
async def test_items_that_each_have_a_standing_page_are_news_every_day(
    outside: Outside, count: int, titles: str
) -> None:
    """A feed of lines or rivers: other guids and other words every day, under the same links."""
    await outside.add(publishes=True)
    days = 5
    for day in range(days):
        standing = [
            renamed(
                item(line, f"Line {line} on day {day}").replace(
                    f"Item {line}", f"Line {line}" + f", day {day}" * (titles == "of the day")
                ),
                "guid",
            ).replace("urn:new:", f"urn:{day}:")
            for line in range(count)
        ]
        await outside.look(rss(*standing))
    # Under the titles of pages the first time might be other names for what is there.
    told = days - 1 if titles == "of the day" else days - 2
    assert len(await outside.news.told()) == told * count


async def test_a_feed_may_name_its_items_anew_more_than_once(outside: Outside) -> None:
    await outside.add(publishes=True)
    old = [item(number) for number in range(20)]
    for scheme in ("urn:a:", "urn:b:", "urn:c:"):
        await outside.look(rss(*(renamed(one, "guid").replace("urn:new:", scheme) for one in old)))
    assert await outside.news.told() == []


async def test_a_feed_that_cannot_be_read_says_why_and_is_left_in_peace(outside: Outside) -> None:
    await outside.add()
    await outside.look(b"<html>Not found</html>")
    assert "no RSS" in (await outside.feed()).problem
    outside.site.problem = "HTTP 500"
    await outside.look()
    feed = await outside.feed()
    assert (feed.problem, feed.failures) == ("HTTP 500", 2)
    assert feed.look_at > outside.clock() + timedelta(hours=1)
    outside.site.problem = ""
    await outside.look(rss(item(1)))
    assert ((await outside.feed()).problem, (await outside.feed()).failures) == ("", 0)
    assert not await outside.imports.look(), "it is not due"


async def test_a_feed_that_has_not_changed_changes_nothing(outside: Outside) -> None:
    await outside.add()
    await outside.look(rss(item(1)))
    outside.site.content = None
    await outside.look()
    assert list(await outside.entries()) == ["g1"]
    assert (await outside.feed()).etag == '"tag"'


BILLION = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 9))
    + b'<!ENTITY a0 "&a;">]><rss version="2.0"><channel><item><title>&a8;</title></item>'
    b"</channel></rss>"
)
FILE = (
    b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
    b"<item><title>&f;</title><guid>1</guid></item></channel></rss>"
)


STRANGE = rss(item(1, '<ol start="²"><li>First</li></ol>'))


@pytest.mark.parametrize(
    "content",
    [
        BILLION,
        FILE,
        b"\x00\xff\xfe<rss",
        rss(item(1, "<blockquote>" * 3000)),
        rss(item(1, "&" * 100_000)),
        rss(*(item(number) for number in range(1000))),
        rss(item(1, pubDate="Mon, 99 Xxx 99999 99:99:99 +9999")),
        rss("<item><title></title></item>", "<item/>"),
        b"/etc/passwd",
        b"",
        b'<?xml version="1.0" encoding="undefined"?><rss version="2.0"/>',
        b'<?xml version="1.0" encoding="\0utf"?><rss version="2.0"/>',
        rss(item(1, title="&#xD800;")),
        STRANGE,
    ],
)
def test_no_feed_does_harm(content: bytes) -> None:
    try:
        items = read_items(content, "application/rss+xml", ADDRESS)
    except BadInput:
        return
    assert len(items) <= MOST_ITEMS
    assert not any("root:" in one.title + one.body for one in items)
    assert all(len(one.title) <= 150 and len(one.body) <= 20_000 for one in items)


def test_of_what_is_strange_the_words_are_left() -> None:
    (one,) = read_items(STRANGE, "application/rss+xml", ADDRESS)
    assert one.body == "First"


async def test_a_fault_over_one_feed_is_noted_with_it_and_ends_nothing(outside: Outside) -> None:
    await outside.add()
    outside.site.fault = RuntimeError("nobody has thought of this")
    await outside.look()
    assert (await outside.feed()).failures == 1
    assert not await outside.imports.look(), "it is not due"


def test_an_atom_entry_is_read_whole() -> None:
    content = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>x</id><entry>
      <id>urn:1</id><title type="html">A &amp;lt;b&amp;gt; C</title><link href="/p/1"/>
      <updated>2026-03-09T12:00:00Z</updated><summary>Short</summary>
      <content type="html">&lt;p&gt;Long &lt;a href="/x"&gt;text&lt;/a&gt;&lt;/p&gt;</content>
      </entry></feed>"""
    (one,) = read_items(content, "application/atom+xml", "https://region.example/feed")
    assert (one.guid, one.url) == ("urn:1", "https://region.example/p/1")
    assert one.title == "A <b> C"
    assert one.body == "Long [text](https://region.example/x)"
