from datetime import timedelta

from feeds import Words
from tests.builders import SettableClock
from tests.channels.web.building import Portal
from tests.feeds.news import News


async def test_topics_and_their_news_are_found_from_the_first_page(
    portal: Portal, news: News
) -> None:
    await news.topic("travaux")
    entry_id = await news.publish("travaux")
    slug = (await news.entry(entry_id)).slug
    async with portal.browser() as browser:
        home, topics = await browser.get("/"), await browser.get("/topics")
        topic, entry = await browser.get("/topics/travaux"), await browser.get(f"/entries/{slug}")
    assert "/topics" in home.links
    for page in (home, topics, topic):
        assert f"/entries/{slug}" in page.links
    assert "/topics/travaux" in topics.links
    assert "/topics/travaux/subscribe" in topic.links
    assert "<strong>fermée</strong>" in entry.html
    discovery = '<link rel="alternate" type="application/atom+xml" title="Thème travaux"'
    for page in (topic, entry):
        assert f'{discovery} href="/feeds/travaux.atom">' in page.html
    assert not topic.styled


async def test_an_entry_speaks_the_readers_language_where_it_can(
    portal: Portal, news: News
) -> None:
    await news.topic("travaux")
    words = {"fr": Words(title="Bonjour", body="Oui."), "en": Words(title="Hello", body="Yes.")}
    both = (await news.entry(await news.publish("travaux", words=words))).slug
    french = (await news.entry(await news.publish("travaux"))).slug
    async with portal.browser(**{"accept-language": "en"}) as browser:
        said, not_said = (
            await browser.get(f"/entries/{both}"),
            await browser.get(f"/entries/{french}"),
        )
    assert ">Hello</h1>" in said.html
    assert 'lang="fr">Rue Pasteur barrée</h1>' in not_said.html


async def test_a_correction_and_a_withdrawal_stand_on_the_page(
    portal: Portal, news: News, clock: SettableClock
) -> None:
    await news.topic("travaux")
    entry_id = await news.publish("travaux", picture=await news.picture())
    picture = (await news.entry(entry_id)).image_sha256 or ""
    slug = (await news.entry(entry_id)).slug
    clock.now += timedelta(hours=1)
    await news.correct(entry_id, "travaux", correction="Jeudi et non mardi", image_alt="x")
    async with portal.browser() as browser:
        corrected = await browser.get(f"/entries/{slug}")
        assert (await browser.get(f"/entries/{slug}/{picture[:12]}.jpg")).status == 200
        await news.withdraw(entry_id)
        withdrawn = await browser.get(f"/entries/{slug}")
        assert (await browser.get(f"/entries/{slug}/{picture[:12]}.jpg")).status == 404
        assert f"/entries/{slug}" not in (await browser.get("/topics")).links
    assert "Jeudi et non mardi" in corrected.html
    assert withdrawn.status == 410
    assert "a été retirée" in withdrawn.html
    assert "Jeudi, et non mardi." not in withdrawn.html


async def test_a_page_of_news_costs_the_same_however_many_there_are(
    portal: Portal, news: News
) -> None:
    await news.topic("travaux")
    counts = []
    async with portal.browser() as browser:
        for more in (1, 6):
            for _ in range(more):
                await news.publish("travaux")
            with portal.queries() as asked:
                await browser.get("/topics/travaux")
            counts.append(len(asked))
    assert counts[0] == counts[1]
