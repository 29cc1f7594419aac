"""From a published entry to what each subscriber gets."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import sqlite

from core.database import Database
from core.ids import derived_id, new_id
from feeds.subscriptions import Said, SubscriptionRow, unsubscribe
from ingest import publish
from ingest.events import Event
from notify import (
    Addressing,
    Announcements,
    Announcing,
    CampaignRow,
    DigestRounds,
    failures_of,
    numbers_of,
    resend_failed,
    resume_campaign,
    stop_campaign,
)
from notify import announcing as announcing_module
from notify.campaign_numbers import counting
from notify.campaigns import WITHDRAWN, CampaignContentRow
from notify.mail import compose
from notify.models import DeliveryRow, DeliveryStatus, Medium, NotificationRow
from notify.store import Due, read_due
from tests.builders import SettableClock
from tests.feeds.building import DAILY, PARIS, PORTAL, Press
from tests.notify.building import LETTERHEAD
from tests.notify.test_contents import catalogue
from tests.postgresql import on_sqlite

MEDIA = (Medium.EMAIL, Medium.SMS)


class Town:
    """The stages of a campaign, run by hand."""

    def __init__(self, database: Database, clock: SettableClock) -> None:
        self.database, self.clock = database, clock
        self.press = Press(database, clock)
        audiences = self.press.audiences()
        words = Announcements(PARIS, LETTERHEAD.town, PORTAL, catalogue)
        self.announcing = Announcing(database, clock, audiences, words)
        self.addressing = Addressing(
            database, clock, audiences, words, LETTERHEAD, sends_sms=True, pushes=True
        )
        self.rounds = DigestRounds(database, clock, audiences)

    async def announce(self, event: Event) -> list[Event]:
        """Returns the events of the ranges."""
        prepared = await self.announcing.prepare([event])
        async with self.database.begin() as session:
            return await self.announcing.handle(event, session, prepared)

    async def address(self, *ranges: Event) -> None:
        prepared = await self.addressing.prepare(ranges)
        async with self.database.begin() as session:
            for one in ranges:
                await publish(session, await self.addressing.handle(one, session, prepared))

    async def tell(self, event: Event) -> UUID:
        """Returns the campaign."""
        ranges = await self.announce(event)
        await self.address(*ranges)
        return derived_id(UUID(event.subject), f"version:{event.data['version']}")

    async def digests(self) -> UUID | None:
        campaign_id = await self.rounds.begin()
        async with self.database.read() as session:
            from ingest.models import StreamRow

            query = select(StreamRow.event).where(StreamRow.stream == "audience.selected")
            events = [Event.model_validate_json(one) for one in await session.scalars(query)]
        theirs = [one for one in events if one.data["campaign_id"] == str(campaign_id)]
        await self.address(*theirs)
        return campaign_id

    async def due(self) -> list[Due]:
        async with self.database.read() as session:
            found = [await read_due(session, one, self.clock(), 1000) for one in MEDIA]
        return [due for dues in found for due in dues]

    async def count(self, model: type) -> int:
        async with self.database.read() as session:
            return await session.scalar(select(func.count()).select_from(model)) or 0

    async def set_status(self, status: DeliveryStatus, error: str = "") -> None:
        async with self.database.begin() as session:
            for row in await session.scalars(select(DeliveryRow)):
                row.status, row.last_error = status, error


@pytest.fixture
def town(database: Database, clock: SettableClock) -> Town:
    return Town(database, clock)


def mail_of(due: Due) -> EmailMessage:
    return message_from_bytes(compose(due.delivery, due.content), policy=policy.default)


async def test_one_notification_however_many_topics_match(town: Town) -> None:
    roads, culture = await town.press.topic("voirie", name="Voirie"), await town.press.topic("fete")
    await town.press.subscriber("jeanne@citizens.example", roads, culture)
    await town.press.subscriber("+33612345678", culture, language="en")
    await town.press.subscriber("away@citizens.example", roads, district="nord")
    ranges = await town.announce(await town.press.entry(roads, culture, district="sud"))
    await town.address(*ranges)
    await town.address(*ranges)
    assert await town.count(NotificationRow) == await town.count(DeliveryRow) == 2
    assert await town.count(CampaignContentRow) == 2
    mail, text = sorted(await town.due(), key=lambda due: due.delivery.medium)
    assert text.content.text.startswith("Ville de Démo: Rue fermée https://demo.example/entries/")
    body = mail_of(mail).get_body(("plain",))
    assert body is not None
    assert "Voirie, fete" in body.get_content()


async def test_each_mail_has_its_own_links_and_what_lists_must_say(town: Town) -> None:
    topic = await town.press.topic("voirie", name="Voirie <b>&amp;")
    for name in ("anne", "bela"):
        await town.press.subscriber(f"{name}@citizens.example", topic)
    campaign = await town.tell(await town.press.entry(topic, urgent=True))
    first, second = [mail_of(due) for due in await town.due()]
    assert first["Subject"] == "Urgent\N{NO-BREAK SPACE}: Rue fermée"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert first["Precedence"] == "bulk"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == "<announcement.guichet.demo.example>"
    link = first["List-Unsubscribe"].strip("<>")
    assert link.startswith("https://demo.example/subscriptions/")
    assert link.endswith(f"/unsubscribe/{campaign.hex}")
    assert second["List-Unsubscribe"] != first["List-Unsubscribe"]
    html, text = first.get_body(("html",)), first.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert link in html.get_content()
    assert link in text.get_content()
    assert "Voirie &lt;b&gt;&amp;amp;" in html.get_content()


async def test_an_audience_is_cut_into_ranges_that_miss_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing_module, "RANGE", 3)
    topic = await town.press.topic("voirie")
    for number in range(10):
        await town.press.subscriber(f"n{number}@citizens.example", topic)
    ranges = await town.announce(await town.press.entry(topic))
    assert len(ranges) == 4
    await town.address(*ranges)
    assert len({due.delivery.recipient for due in await town.due()}) == 10


async def test_urgent_goes_to_those_with_a_digest_and_through_quiet_hours(town: Town) -> None:
    topic = await town.press.topic("alerte")
    await town.press.subscriber("anne@citizens.example", topic, cadence=DAILY)
    quiet = await town.press.subscriber("+33612345678", topic)
    async with town.database.begin() as session:
        row = await session.get_one(type(quiet), quiet.id)
        row.quiet_from, row.quiet_until = 12, 20  # it is one o'clock in Paris
    await town.tell(await town.press.entry(topic))
    assert await town.due() == []
    town.clock.advance(hours=7)
    assert [due.delivery.medium for due in await town.due()] == [Medium.SMS]
    await town.set_status(DeliveryStatus.SENT)
    ranges = await town.announce(await town.press.entry(topic, urgent=True))
    assert {one.stream for one in ranges} == {"audience.alerted"}
    await town.address(*ranges)
    assert {due.delivery.medium for due in await town.due()} == {*MEDIA}


async def test_what_is_withdrawn_is_not_sent_any_more(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber("anne@citizens.example", topic)
    published = await town.press.entry(topic)
    ranges = await town.announce(published)
    await town.address(*ranges)
    assert await town.announce(await town.press.withdraw(published)) == []
    assert await town.due() == []
    await town.address(*ranges)
    async with town.database.read() as session:
        campaign = await session.scalar(select(CampaignRow.id))
        assert campaign is not None
        assert await failures_of(session, campaign) == [(WITHDRAWN, 1)]


async def test_a_correction_puts_right_what_is_not_sent_yet(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber("anne@citizens.example", topic)
    published = await town.press.entry(topic, title="Rue fermé")
    await town.tell(published)
    assert await town.announce(await town.press.correct(published, "Rue fermée")) == []
    (due,) = await town.due()
    assert due.content.subject == "Rue fermée"


async def test_an_urgent_correction_is_told_instead_of_what_it_corrects(town: Town) -> None:
    topic = await town.press.topic("alerte")
    await town.press.subscriber("anne@citizens.example", topic)
    published = await town.press.entry(topic, title="Crue", urgent=True)
    await town.tell(published)
    await town.tell(await town.press.correct(published, "Pas de crue"))
    assert [due.content.subject for due in await town.due()] == [
        "Urgent\N{NO-BREAK SPACE}: Pas de crue"
    ]


async def test_a_campaign_is_stopped_resumed_and_sent_again_where_it_failed(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber("anne@citizens.example", topic)
    await town.press.subscriber("bela@citizens.example", topic)
    campaign = await town.tell(await town.press.entry(topic))
    async with town.database.begin() as session:
        await stop_campaign(session, town.clock, campaign)
    assert await town.due() == []
    async with town.database.begin() as session:
        await resume_campaign(session, town.clock, campaign)
    assert len(await town.due()) == 2
    await town.set_status(DeliveryStatus.FAILED, "550 5.1.1 <anne@citizens.example> unknown")
    async with town.database.begin() as session:
        row = (await session.scalars(select(DeliveryRow))).first()
        assert row is not None
        row.status = DeliveryStatus.SENT
    async with town.database.begin() as session:
        assert await failures_of(session, campaign) == [("550 5.1.1 … unknown", 1)]
        assert await resend_failed(session, town.clock, campaign) == 1
    async with town.database.read() as session:
        numbers = await numbers_of(session, campaign)
    assert (numbers.accepted, numbers.sent, numbers.waiting, numbers.failed) == (2, 1, 1, 0)


async def test_a_digest_has_what_was_published_since_the_last_and_goes_out_once(
    town: Town,
) -> None:
    roads, culture = await town.press.topic("voirie"), await town.press.topic("fete")
    await town.press.subscriber("anne@citizens.example", roads, culture, cadence=DAILY, hour=18)
    await town.press.subscriber("none@citizens.example", culture, cadence=DAILY, hour=18)
    town.clock.advance(hours=1)
    await town.press.entry(roads, title="Rue fermée")
    await town.press.entry(roads, title="Alerte", urgent=True)
    gone = await town.press.entry(culture, title="Annulé")
    await town.press.withdraw(gone)
    town.clock.advance(minutes=1)
    await town.press.entry(roads, title="Rue ouverte")
    assert await town.digests() is None
    town.clock.advance(hours=4)  # 18:01 in Paris
    assert await town.digests()
    (due,) = await town.due()
    mail = mail_of(due)
    assert mail["Subject"] == "Nouvelles\N{NO-BREAK SPACE}: Rue ouverte, et 2 annonces en tout"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Rue fermée" in text.get_content()
    assert "Alerte" not in text.get_content()
    assert await town.rounds.begin() is None
    town.clock.advance(days=1)
    await town.digests()
    assert len(await town.due()) == 1
    async with town.database.read() as session:
        due_at = set(await session.scalars(select(SubscriptionRow.due_at)))
    assert len(due_at) == 1
    assert due_at.pop() > town.clock()  # type: ignore[operator]


async def from_digest_to_at_once(town: Town) -> UUID:
    """Anne changes her wish when a closed street has been gathered for her; returns the topic."""
    topic = await town.press.topic("voirie")
    await town.press.subscriber("anne@citizens.example", topic, cadence=DAILY, hour=18)
    town.clock.advance(hours=1)
    await town.press.entry(topic, title="Rue fermée")
    await town.press.subscriber("anne@citizens.example", topic)
    town.clock.advance(seconds=1)
    return topic


async def test_who_goes_from_a_digest_to_at_once_gets_what_was_gathered_in_a_last_one(
    town: Town,
) -> None:
    topic = await from_digest_to_at_once(town)
    await town.tell(await town.press.entry(topic, title="Rue ouverte"))  # at once
    town.clock.advance(minutes=1)
    assert await town.digests()
    subjects = sorted(due.content.subject for due in await town.due())
    assert subjects == ["Nouvelles\N{NO-BREAK SPACE}: Rue fermée", "Rue ouverte"]
    town.clock.advance(days=2)
    await town.digests()
    assert len(await town.due()) == 2


async def test_a_last_digest_is_not_lost_when_the_wish_changes_again_before_it(
    town: Town,
) -> None:
    topic = await from_digest_to_at_once(town)
    await town.press.subscriber("anne@citizens.example", topic, district="nord")
    town.clock.advance(minutes=1)
    assert await town.digests()
    (due,) = await town.due()
    assert due.content.subject == "Nouvelles\N{NO-BREAK SPACE}: Rue fermée"


async def test_what_came_at_once_between_two_digests_is_in_none(town: Town) -> None:
    topic = await town.press.topic("voirie")

    async def wish(**values: Any) -> None:
        town.clock.advance(seconds=1)
        await town.press.subscriber("anne@citizens.example", topic, **values)
        town.clock.advance(seconds=1)

    await wish(cadence=DAILY, hour=18)
    await town.press.entry(topic, title="Rue fermée")
    for number in range(2):
        await wish()
        await town.tell(await town.press.entry(topic, title=f"Bruit {number}"))
        await wish(cadence=DAILY, hour=18)
    await town.press.entry(topic, title="Rue ouverte")
    town.clock.advance(hours=6)
    assert await town.digests()
    subjects = sorted(due.content.subject for due in await town.due())
    assert subjects == [
        "Bruit 0",
        "Bruit 1",
        "Nouvelles\N{NO-BREAK SPACE}: Rue ouverte, et 2 annonces en tout",
    ]


async def test_what_was_wished_of_a_subscription_that_ended_says_nothing_of_the_next(
    town: Town,
) -> None:
    roads, culture = await town.press.topic("voirie"), await town.press.topic("fete")
    wish: dict[str, Any] = {"cadence": DAILY, "hour": 18}
    anne = await town.press.subscriber("anne@citizens.example", roads, culture, **wish)
    town.clock.advance(seconds=1)
    await town.press.subscriber("anne@citizens.example", roads)
    town.clock.advance(seconds=1)
    async with town.database.begin() as session:
        await unsubscribe(session, town.clock, anne, Said("link"), topic_ids=[roads])
    await town.press.subscriber("anne@citizens.example", roads, **wish)
    town.clock.advance(seconds=1)
    await town.press.entry(roads, title="Rue fermée")
    town.clock.advance(hours=6)
    assert await town.digests()
    assert len(await town.due()) == 1


async def test_after_a_standstill_everybody_gets_one_digest_of_all_that_time(town: Town) -> None:
    topic = await town.press.topic("voirie")
    await town.press.subscriber("anne@citizens.example", topic, cadence=DAILY, hour=8)
    for day in range(3):
        town.clock.advance(days=1)
        await town.press.entry(topic, title=f"Jour {day}")
    town.clock.advance(days=1)
    await town.digests()
    (due,) = await town.due()
    assert due.content.subject == "Nouvelles\N{NO-BREAK SPACE}: Jour 2, et 3 annonces en tout"


@on_sqlite
async def test_to_count_a_campaign_no_delivery_is_read(town: Town) -> None:
    campaign_id = new_id()
    query = counting(campaign_id).compile(dialect=sqlite.dialect())
    async with town.database.read() as session:
        connection = await session.connection()
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", (campaign_id.hex,))
        steps = [str(step) for step in plan]
    assert any("COVERING INDEX" in step for step in steps), steps
