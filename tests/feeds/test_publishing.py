from datetime import timedelta

import pytest

from core.errors import BadInput, NotNow, NotThere
from feeds import EntryStatus, entry_page, public_topic, published
from feeds.reading import corrections
from feeds.schedule import Schedule
from feeds.topics import archive_topic, topic_for
from tests.builders import SettableClock
from tests.feeds.news import News


async def titles(news: News, slug: str = "") -> list[str]:
    """Of the entries that everybody reads."""
    async with news.database.read() as session:
        topic = await public_topic(session, slug) if slug else None
        page = await published(session, topic)
        return [one.said("fr").title for one in page.shown]


async def test_a_draft_is_nobodys_business_until_it_is_published(news: News) -> None:
    await news.topic("travaux")
    entry_id = await news.draft("travaux", title="Secret")
    assert await titles(news) == []
    with pytest.raises(NotThere):
        async with news.database.read() as session:
            await entry_page(session, (await news.entry(entry_id)).slug)


async def test_an_entry_stands_in_its_topics_and_is_told_of_once(news: News) -> None:
    for slug in ("travaux", "alertes", "culture"):
        await news.topic(slug)
    entry_id = await news.publish("travaux", "alertes", urgent=True)
    assert [await titles(news, one) for one in ("travaux", "alertes", "culture")] == [
        ["Rue Pasteur barrée"],
        ["Rue Pasteur barrée"],
        [],
    ]
    assert await titles(news) == ["Rue Pasteur barrée"]
    (told,) = await news.told()
    assert (told.entry_id, told.version, told.change, told.urgent) == (
        entry_id,
        1,
        "published",
        True,
    )


async def test_a_correction_is_a_version_and_a_withdrawal_ends_it(
    news: News, clock: SettableClock
) -> None:
    await news.topic("travaux")
    await news.topic("alertes")
    entry_id = await news.publish("travaux")
    clock.advance(hours=1)
    await news.correct(entry_id, "alertes", correction="Le jour.")
    assert [await titles(news, one) for one in ("travaux", "alertes")] == [
        [],
        ["Rue Pasteur barrée"],
    ]
    async with news.database.read() as session:
        shown = await entry_page(session, (await news.entry(entry_id)).slug)
        (correction,) = await corrections(session, shown.entry)
        changed = [(await public_topic(session, one)).changed_at for one in news.topics]
    assert "Jeudi" in shown.said("fr").html
    assert (correction.correction, correction.at) == ("Le jour.", clock())
    assert changed == [clock(), clock()], "the topic that it left is news to its readers, too"
    clock.advance(hours=1)
    await news.withdraw(entry_id)
    assert await titles(news) == []
    async with news.database.read() as session:
        gone = await entry_page(session, shown.entry.slug)
    assert gone.entry.status == EntryStatus.WITHDRAWN
    assert gone.updated_at == clock()
    assert [one.change for one in await news.told()] == ["published", "corrected", "withdrawn"]
    with pytest.raises(NotNow):
        await news.withdraw(entry_id)


async def test_nothing_is_published_without_a_topic(news: News) -> None:
    with pytest.raises(BadInput) as problem:
        await news.publish()
    assert problem.value.where == "topics"
    assert await news.told() == []


async def test_what_only_some_may_read_is_in_no_list_and_on_no_page(news: News) -> None:
    await news.topic("agents", public=False)
    entry_id = await news.publish("agents")
    assert await titles(news) == []
    async with news.database.read() as session:
        with pytest.raises(NotThere):
            await entry_page(session, (await news.entry(entry_id)).slug)


async def test_a_list_goes_on_where_it_stopped(news: News, clock: SettableClock) -> None:
    await news.topic("travaux")
    for number in range(5):
        await news.publish("travaux", title=f"Nr {number}")
        if number % 2:
            clock.advance(minutes=1)  # some of the same moment
    seen, before = [], None
    async with news.database.read() as session:
        for _ in range(3):
            page = await published(session, most=2, before=before)
            seen += [one.said("fr").title for one in page.shown]
            before = page.next_before
    assert seen == ["Nr 4", "Nr 3", "Nr 2", "Nr 1", "Nr 0"]
    assert before is None


async def test_the_clock_publishes_what_is_due_and_nothing_else(
    news: News, clock: SettableClock
) -> None:
    await news.topic("travaux")
    soon, later = await news.draft("travaux"), await news.draft("travaux")
    await news.schedule(soon, clock() + timedelta(minutes=10))
    await news.schedule(later, clock() + timedelta(minutes=20))
    schedule = Schedule(news.database, clock, news.publishing)
    assert await schedule.publish_due() == 0
    clock.advance(minutes=10)
    assert await schedule.publish_due() == 1
    assert await schedule.publish_due() == 0
    assert (await news.entry(soon)).published_at == clock()
    assert (await news.entry(later)).status == EntryStatus.SCHEDULED


async def test_what_cannot_be_published_when_it_is_due_becomes_a_draft(
    news: News, clock: SettableClock
) -> None:
    topic_id = await news.topic("travaux")
    entry_id = await news.draft("travaux")
    await news.schedule(entry_id, clock() + timedelta(minutes=1))
    async with news.database.begin() as session:
        archive_topic(await topic_for(session, topic_id), clock, archived=True)
    clock.advance(minutes=2)
    await Schedule(news.database, clock, news.publishing).publish_due()
    assert (await news.entry(entry_id)).status == EntryStatus.DRAFT
    assert await news.told() == []


async def test_nobody_schedules_for_yesterday(news: News, clock: SettableClock) -> None:
    await news.topic("travaux")
    entry_id = await news.draft("travaux")
    with pytest.raises(BadInput):
        await news.schedule(entry_id, clock() - timedelta(minutes=1))
