"""Which items of an outside feed are there already, whatever it calls them now.

A guid is for ever (https://www.rssboard.org/rss-specification#ltguidgtSubelementOfLtitemgt), but
who gets another program publishes the same items under others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from feeds.items import Item
from feeds.models import EntryRow, EntryVersionRow, OutsideFeedRow

RECENT = timedelta(weeks=8)
"""For so long the same words on the same page are the same item."""


async def new_items(
    session: AsyncSession, feed: OutsideFeedRow, items: Sequence[Item], now: datetime
) -> list[Item]:
    """Those that are not there yet; what is there under another guid gets the one it has now.

    When a feed knows none of its guids any more but the pages of its items are known, each under
    one name, it names them anew: the page tells which is which. Of a single item that is not
    enough, for a feed of alerts may link each of them to the same page: there the words must be the
    same, too.
    """
    passed = {one[0]: one[1] for one in feed.passed_over}
    guids = [item.guid for item in items]
    query = select(EntryRow.guid).where(
        EntryRow.outside_feed_id == feed.id, EntryRow.guid.in_(guids)
    )
    there = {*await session.scalars(query), *passed}
    unknown = [item for item in items if item.guid not in there]
    linked = [item for item in unknown if item.url]
    if not linked or feed.fetched_at is None:
        return unknown
    entries = await _by_link(session, feed, [item.url for item in linked])
    links = Counter(item.url for item in items)
    anew = len(items) > 1 and len(unknown) == len(items)
    skipped = Counter(passed.values())
    new, taken = [], set[str]()
    for item in unknown:
        alone = anew and links[item.url] == 1
        row = _same(item, entries.get(item.url, ()), alone=alone, since=now - RECENT)
        if row is not None and row.guid not in taken:
            row.guid = item.guid
            taken.add(item.guid)
        elif not (alone and item.url and skipped[item.url] == 1):
            new.append(item)
        else:
            passed = {name: url for name, url in passed.items() if url != item.url}
            passed[item.guid] = item.url
    feed.passed_over = [[guid, url] for guid, url in passed.items()]
    return new


def _same(
    item: Item,
    there: Sequence[tuple[EntryRow, EntryVersionRow]],
    *,
    alone: bool,
    since: datetime,
) -> EntryRow | None:
    if alone and len(there) == 1:
        return there[0][0]
    alike = (
        row
        for row, said in there
        if row.created_at > since and (said.title, said.body) == (item.title, item.body)
    )
    return next(alike, None)


async def _by_link(
    session: AsyncSession, feed: OutsideFeedRow, urls: Sequence[str]
) -> Mapping[str, Sequence[tuple[EntryRow, EntryVersionRow]]]:
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
