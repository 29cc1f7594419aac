"""Which items of an outside feed are there already, whatever it calls them now.

A guid is for ever (https://www.rssboard.org/rss-specification#ltguidgtSubelementOfLtitemgt), but
who gets another program publishes the same items under others.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.items import Item
from feeds.models import EntryRow, EntryVersionRow, OutsideFeedRow

RECENT = timedelta(weeks=8)
"""For so long the same words on the same page are the same item."""


class Passed(NamedTuple):
    """A name under which nothing comes: of what did not come at first, or of an entry once."""

    guid: str
    url: str
    title: str = ""
    body: str = ""
    """Its digest: whether it is the same is all that is asked. Of what was kept earlier both are
    unknown, and like nothing."""


def passed(item: Item) -> Passed:
    return Passed(item.guid, item.url, item.title, sha256(item.body.encode()).hexdigest())


async def new_items(
    session: AsyncSession, feed: OutsideFeedRow, items: Sequence[Item], now: datetime
) -> list[Item]:
    """Those that are not there yet; what is there under another guid gets the one it has now.

    When a feed knows none of its guids any more but the pages of its items are known, each under
    one name, it names them anew: page and title tell which is which. Only once can the text of a
    page be another then: a page that does so again stands for whatever is new there, as the page
    of a line or a river does. There, and for a single item, all words must be the same, too, for a
    feed of alerts may link each of them to the same page.
    """
    names = {one.guid: one for one in (Passed(*each) for each in feed.passed_over)}
    guids = [item.guid for item in items]
    query = select(EntryRow.guid).where(
        EntryRow.outside_feed_id == feed.id, EntryRow.guid.in_(guids)
    )
    there = {*await session.scalars(query), *names}
    unknown = [item for item in items if item.guid not in there]
    linked = [item for item in unknown if item.url]
    if not linked or feed.fetched_at is None:
        return unknown
    entries = await _by_link(session, feed, [item.url for item in linked])
    links = Counter(item.url for item in items)
    anew = len(items) > 1 and len(unknown) == len(items)
    earlier: dict[str, list[Passed]] = defaultdict(list)
    for one in names.values():
        earlier[one.url].append(one)
    new, taken = [], set[str]()
    for item in unknown:
        alone = anew and links[item.url] == 1 and item.url != ""
        known, before = entries.get(item.url, []), earlier.get(item.url, [])
        same = _same(item, known, alone=alone and not before, since=now - RECENT)
        if same is not None and same[0].guid not in taken:
            row, said = same
            if row.guid and said.body != item.body:
                names[row.guid] = passed(Item(row.guid, said.title, said.body, item.url))
            row.guid = item.guid
            taken.add(item.guid)
        elif alone and not known and [one.title for one in before] == [item.title]:
            if before[0].body == passed(item).body:
                del names[before[0].guid]
            names[item.guid] = passed(item)
        else:
            new.append(item)
    feed.passed_over = [list(one) for one in names.values()]
    return new


def _same(
    item: Item,
    known: Sequence[tuple[EntryRow, EntryVersionRow]],
    *,
    alone: bool,
    since: datetime,
) -> tuple[EntryRow, EntryVersionRow] | None:
    if alone and len(known) == 1 and known[0][1].title == item.title:
        return known[0]
    alike = (
        (row, said)
        for row, said in known
        if row.created_at > since and (said.title, said.body) == (item.title, item.body)
    )
    return next(alike, None)


async def _by_link(
    session: AsyncSession, feed: OutsideFeedRow, urls: Sequence[str]
) -> Mapping[str, list[tuple[EntryRow, EntryVersionRow]]]:
    """The feed's entries of these pages as they came, the newest first."""
    query = (
        select(EntryRow, EntryVersionRow)
        .join(EntryVersionRow, EntryVersionRow.entry_id == EntryRow.id)
        .where(
            EntryRow.outside_feed_id == feed.id,
            EntryRow.source_url.in_(urls),
            EntryVersionRow.number == 1,
            EntryVersionRow.language == feed.language,
        )
        .order_by(EntryRow.id.desc())
    )
    found: dict[str, list[tuple[EntryRow, EntryVersionRow]]] = {}
    for row, said in await session.execute(query):
        found.setdefault(row.source_url, []).append((row, said))
    return found
