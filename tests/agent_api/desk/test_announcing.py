"""Handlers announce; functional administrators set up about what; nobody else does either."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from feeds import EntryRow, TopicRow
from feeds.models import OutsideFeedRow
from feeds.topics import add_district, add_topic
from tests.agent_api.building import KARIM, SAMIRA, Browser, House, hidden_fields
from tests.feeds.news import picture_bytes

NEW = "/agent/entries/new"
ENTRIES = "/agent/entries"


@pytest.fixture(autouse=True)
async def topic(house: House) -> TopicRow:
    async with house.town.database.begin() as session:
        await add_district(session, "nord", "Nord")
        return await add_topic(
            session, house.clock, "travaux", {"fr": "Travaux", "en": "Roadworks"}, summaries={}
        )


async def written(browser: Browser, topic: TopicRow | None, **fields: str) -> str:
    """Send the form of a new entry; returns the address of its editor."""
    typed = {"title-fr": "Rue barrée", "body-fr": "Dès **lundi**.", "action": "save"}
    if topic:
        typed["topics"] = str(topic.id)
    answer = await browser.submit(NEW, ENTRIES, **(typed | fields))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("?")[0]


async def entry_of(house: House, address: str) -> EntryRow:
    async with house.town.database.read() as session:
        return await session.get_one(EntryRow, UUID(address.split("/")[3]))


async def test_an_entry_is_written_previewed_published_corrected_and_withdrawn(
    house: House, topic: TopicRow
) -> None:
    karim = await house.browser(KARIM)
    sms = {"sms-fr": "Rue barree lundi", "title-en": "Street closed", "body-en": "From Monday."}
    address = await written(karim, topic, place="Rue Pasteur", district="nord", **sms)
    preview = await karim.page(f"{address}/preview")
    assert "<strong>lundi</strong>" in preview
    assert "Rue barree lundi http" in preview
    assert "Street closed" in preview
    mail = await karim.get(f"{address}/mail/fr")
    assert "<strong>lundi</strong>" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "also written in" not in await karim.page(address)
    assert "also written in: English" in await karim.page(await written(karim, topic))
    assert "Rue barrée" not in await karim.page("/topics/travaux")
    published = {"title-fr": "Rue barrée", "body-fr": "Dès mardi.", "topics": str(topic.id)}
    await karim.submit(address, address, action="publish", **published)
    assert "Rue barrée" in await karim.page("/topics/travaux")
    corrected = published | {"body-fr": "Dès jeudi.", "correction-fr": "Le jour"}
    await karim.submit(address, address, action="correct", **corrected)
    page = f"/entries/{(await entry_of(house, address)).slug}"
    assert "Dès jeudi." in await karim.page(page)
    assert "Le jour" in await karim.page(page)
    await karim.submit(address, address, action="withdraw")
    assert (await karim.get(page)).status_code == 410
    for done in ("written", "published", "corrected", "withdrawn"):
        row = (await house.trail(f"entry.{done}"))[0]
        assert (row.agent_id, row.object_id) == (house.agents[KARIM], address.split("/")[3])


async def test_a_correction_is_seen_before_anybody_reads_it(house: House, topic: TopicRow) -> None:
    karim = await house.browser(KARIM)
    address = await written(karim, topic, action="publish")
    typed = {"title-fr": "Rue barrée", "body-fr": "Dès **jeudi**.\nÀ 8 h.", "place": "Rue Pasteur"}
    typed |= {"correction-fr": "Le jour", "topics": str(topic.id)}
    seen = await karim.submit(address, address, action="preview", **typed)
    assert seen.status_code == 200
    for said in ("<strong>jeudi</strong>", "Le jour", "Rue Pasteur", 'value="correct"'):
        assert said in seen.text
    entry = await entry_of(house, address)
    assert entry.version == 1
    assert "jeudi" not in await karim.page(f"/entries/{entry.slug}")
    back = await karim.send(address, hidden_fields(seen.text, address) | {"action": "edit"})
    assert "Dès **jeudi**." in back.text
    await karim.send(address, hidden_fields(seen.text, address) | {"action": "correct"})
    assert "<strong>jeudi</strong>" in await karim.page(f"/entries/{entry.slug}")
    wrong = await karim.submit(address, address, action="preview", **(typed | {"body-fr": ""}))
    assert wrong.status_code == 422


async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    camille: Browser, topic: TopicRow
) -> None:
    wrong = {
        "title-fr": "Sans texte",
        "body-fr": "",
        "title-en": "x" * 200,
        "body-en": "Text",
        "latitude": "48",
        "ends_on": "2026-01-01",
        "action": "publish",
    }
    answer = await camille.submit(NEW, ENTRIES, **wrong)
    assert answer.status_code == 422
    for field in ("body-fr", "title-en", "latitude", "starts_on"):
        assert f'href="#{field}"' in answer.text
    assert 'value="Sans texte"' in answer.text
    for wrongly in ({"starts_on": "tomorrow"}, {"latitude": "nan"}, {"expires_time": "10:00"}):
        typed = {"title-fr": "A", "body-fr": "B", "action": "save", **wrongly}
        assert (await camille.submit(NEW, ENTRIES, **typed)).status_code == 422


async def test_of_two_agents_the_second_is_told(
    house: House, camille: Browser, topic: TopicRow
) -> None:
    address = await written(camille, topic)
    karim = await house.browser(KARIM)
    mine = {"title-fr": "Mine", "body-fr": "Text", "topics": str(topic.id), "action": "save"}
    page = await karim.page(address)
    assert 'name="revision" value="1"' in page
    await camille.submit(address, address, **mine)
    late = await karim.submit(address, address, **(mine | {"title-fr": "His", "revision": "1"}))
    assert late.status_code == 422
    assert "Somebody else has changed this announcement" in late.text
    assert 'value="His"' in late.text


async def test_an_entry_is_published_by_itself_at_its_hour(
    house: House, camille: Browser, topic: TopicRow
) -> None:
    typed = {"action": "schedule", "publish_on": "2026-03-10", "publish_time": "08:30"}
    address = await written(camille, topic, **typed)
    assert (await entry_of(house, address)).publish_at is not None
    house.clock.advance(hours=19)
    assert await house.town.news.schedule.publish_due() == 0
    house.clock.advance(hours=1)  # 09:00 in Paris
    assert await house.town.news.schedule.publish_due() == 1
    assert "Rue barrée" in await camille.page("/topics/travaux")
    (row,) = await house.trail("entry.published")
    assert row.agent_id is None


async def test_a_picture_is_drawn_anew_and_needs_words(
    house: House, camille: Browser, topic: TopicRow
) -> None:
    page = await camille.page(NEW)
    fields = {
        **hidden_fields(page, ENTRIES),
        "title-fr": "Fête",
        "body-fr": "Samedi.",
        "topics": str(topic.id),
        "action": "publish",
    }
    file = {"image": ("fete.png", picture_bytes((3000, 2000)), "image/png")}
    refused = await camille.client.post(ENTRIES, data=fields, files=file)
    assert 'href="#alt-fr"' in refused.text
    broken = {"image": ("x.png", b"not a picture", "image/png")}
    told = await camille.client.post(ENTRIES, data=fields | {"alt-fr": "x"}, files=broken)
    assert 'href="#image"' in told.text
    sent = await camille.client.post(ENTRIES, data=fields | {"alt-fr": "Un bal"}, files=file)
    entry = await entry_of(house, sent.headers["location"].partition("?")[0])
    assert (entry.image_width, entry.image_height) == (1600, 1067)
    assert 'alt="Un bal"' in await camille.page(f"/entries/{entry.slug}")


async def test_a_case_becomes_a_draft_without_its_citizen(house: House) -> None:
    form = {"where": {"lat": 48.1, "lon": -1.6, "address": "12 rue Pasteur"}, "name": "Jeanne"}
    reference = await house.open(
        "voirie",
        subject="Arbre tombé sur la chaussée",
        text="Jeanne, 06 12 34 56 78",
        details={"form": form},
    )
    karim = await house.browser(KARIM)
    case = f"/agent/cases/{reference}"
    answer = await karim.submit(case, f"/agent/entries/from-case/{reference}")
    page = await karim.page(answer.headers["location"])
    for said in ("Arbre tombé sur la chaussée", "12 rue Pasteur", "48.1", "-1.6", reference):
        assert said in page
    assert "06 12" not in page
    assert "Jeanne" not in page.replace("Jeanne Lefèvre", "")
    other = await house.open("mairie")
    url = f"/agent/entries/from-case/{other}"
    hidden = {"csrf": ""}
    assert (await karim.send(url, hidden)).status_code in (403, 404)


async def test_topics_are_set_up_by_forms_alone(house: House, camille: Browser) -> None:
    topics = "/agent/topics"
    fields = {"slug": "culture", "name-fr": "Culture", "summary-fr": "Concerts"}
    begun = await camille.submit(topics, topics, **fields)
    address = str(begun.headers["location"]).partition("?")[0]
    for url, more in (
        (f"{topics}/sections", {"section-slug": "sorties", "section-fr": "Sortir"}),
        (f"{topics}/districts", {"district-slug": "sud", "district-name": "Sud"}),
    ):
        assert (await camille.submit(topics, url, **more)).status_code == 303
        again = await camille.submit(topics, url, **more)
        assert again.status_code == 422
        assert "taken" in again.text
    changed = {"name-fr": "Fêtes", "languages": "fr", "public": "on", "action": "save"}
    await camille.submit(address, address, **changed)
    assert "Fêtes" in await camille.page("/topics")
    await camille.submit(address, address, action="archive")
    assert "Fêtes" not in await camille.page("/topics")
    assert [row.object_id for row in await house.trail("topic.archived")] == ["culture"]


async def test_an_outside_feed_is_set_up_by_a_form(
    house: House, camille: Browser, topic: TopicRow
) -> None:
    feeds = "/agent/feeds"
    hidden = hidden_fields(await camille.page(feeds), feeds)
    fields = {**hidden, "topic": str(topic.id), "language": "fr"}
    assert (await camille.send(feeds, fields | {"url": "ftp://x"})).status_code == 422
    await camille.send(feeds, fields | {"url": "http://127.0.0.1:9/feed"})
    await house.town.news.imports.look()
    page = await camille.page(feeds)
    assert "this address is not public" in page
    async with house.town.database.read() as session:
        row = (await session.scalars(select(OutsideFeedRow))).one()
    await camille.submit(feeds, f"{feeds}/{row.id}", action="look")
    house.clock.now += timedelta(seconds=1)
    async with house.town.database.read() as session:
        assert (await session.get_one(OutsideFeedRow, row.id)).look_at <= house.clock()


async def test_who_may_what(house: House, topic: TopicRow) -> None:
    karim, samira = await house.browser(KARIM), await house.browser(SAMIRA)
    for path in (ENTRIES, NEW, "/agent/campaigns"):
        assert (await karim.get(path)).status_code == 200
        assert (await samira.get(path)).status_code == 403
    for path in ("/agent/topics", f"/agent/topics/{topic.id}", "/agent/feeds"):
        assert (await karim.get(path)).status_code == 403
