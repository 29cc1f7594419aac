import json
import re
from asyncio import timeout
from io import BytesIO
from uuid import UUID
from zipfile import ZipFile

from channels.web.subscriptions.reading import masked
from feeds import EntryTopicRow
from feeds.subscriptions import Cadence, Medium, preferences_tokens, subscriptions_of
from feeds.subscriptions.requests import MAX_TRIES
from notify import Medium as SentBy
from notify import record_wish, resend_failed, stopped
from tests.channels.web.account.building import JEANNE, PASSWORD, Visitor
from tests.channels.web.building import SECRET, Page
from tests.channels.web.subscriptions.conftest import Newsroom

SUBSCRIBE = "/topics/voirie/subscribe"
NUMBER = "+33612345678"
CONFIRM = "/subscriptions/confirm/"


async def by_mail(visitor: Visitor, email: str = JEANNE, **fields: str) -> Page:
    return await visitor.post(SUBSCRIBE, {"by": "email", "email": email, **fields})


async def by_sms(visitor: Visitor, phone: str = "06 12 34 56 78") -> str:
    """Returns the page for the code."""
    answer = await visitor.post(SUBSCRIBE, {"by": "sms", "phone": phone})
    return str(answer.response.headers["location"])


def code(newsroom: Newsroom) -> str:
    (sent,) = re.findall(r"\d{6}", newsroom.accounts.texts.sent[-1][1])
    return str(sent)


async def confirmed(newsroom: Newsroom, visitor: Visitor) -> str:
    """Follow the newest link; returns the page of preferences."""
    link = await newsroom.accounts.link(JEANNE, CONFIRM)
    answer = await visitor.post(link)
    return str(answer.response.headers["location"]).partition("?")[0]


async def test_a_mail_address_counts_once_its_link_is_followed(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        answer = await by_mail(visitor, cadence="daily", hour="18", **{"topic-culture": "1"})
        assert answer.response.headers["location"] == "/subscriptions/asked"
        link = await newsroom.accounts.link(JEANNE, CONFIRM)
        shown = await visitor.get(link)  # programs look at links, too
        assert "Culture" in shown.html
        assert await newsroom.subscriptions() == {}
        page = await visitor.get(await confirmed(newsroom, visitor))
        assert JEANNE not in page.html
        assert masked(JEANNE) in page.html
        assert (await visitor.get(link)).status == 404
    assert await newsroom.subscriptions() == {
        (Medium.EMAIL, newsroom.roads): Cadence.DAILY,
        (Medium.EMAIL, newsroom.culture): Cadence.DAILY,
    }
    assert await newsroom.consents() == [("confirmed", "link")] * 2


async def test_a_link_expires_and_a_wrong_one_opens_nothing(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        await by_mail(visitor)
        link = await newsroom.accounts.link(JEANNE, CONFIRM)
        newsroom.press.clock.advance(hours=49)
        assert (await visitor.get(link)).status == 404
        assert (await visitor.get(CONFIRM + "x" * 44)).status == 404
        assert (await visitor.get("/subscriptions/" + "é" * 44)).status == 404


async def test_the_answer_is_the_same_for_one_who_is_subscribed(newsroom: Newsroom) -> None:
    await newsroom.press.subscriber(JEANNE, newsroom.roads)
    async with newsroom.accounts.visitor() as visitor:
        known, unknown = await by_mail(visitor), await by_mail(visitor, "new@citizens.example")
        assert known.response.headers["location"] == unknown.response.headers["location"]
        for _ in range(5):
            again = await by_mail(visitor)
            assert again.response.headers["location"] == "/subscriptions/asked"
    assert len(await newsroom.accounts.mails()) == 4  # an hour


async def test_a_number_counts_once_its_code_is_typed_in(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        at = await by_sms(visitor)
        assert NUMBER not in (await visitor.get(at)).html
        wrong = await visitor.post(at, {"code": "12345"})
        assert wrong.status == 422
        assert wrong.error("code")
        right = await visitor.post(at, {"code": code(newsroom)})
        assert right.status == 303
    assert await newsroom.subscriptions() == {(Medium.SMS, newsroom.roads): Cadence.IMMEDIATE}


async def test_a_code_is_not_guessed(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        at = await by_sms(visitor)
        for _ in range(MAX_TRIES):
            await visitor.post(at, {"code": "wrong"})
        assert (await visitor.post(at, {"code": code(newsroom)})).status == 422
        newsroom.press.clock.advance(minutes=11)
        assert (await visitor.get(at)).status == 404
        for _ in range(8):
            await by_sms(visitor)
    assert len(newsroom.accounts.texts.sent) == 5  # an hour, whoever asks


async def test_a_code_still_counts_when_no_more_are_sent(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        for _ in range(7):
            at = await by_sms(visitor)
        assert len(newsroom.accounts.texts.sent) == 5
        assert (await visitor.post(at, {"code": code(newsroom)})).status == 303


async def test_what_is_no_address_is_said_at_its_field(newsroom: Newsroom) -> None:
    async with newsroom.accounts.visitor() as visitor:
        assert (await by_mail(visitor, "jeanne")).error("email")
        answer = await visitor.post(SUBSCRIBE, {"by": "sms", "phone": "12"})
        assert answer.error("phone")
        assert (await visitor.get("/topics/none/subscribe")).status == 404


async def test_preferences_are_changed_behind_the_signed_link(newsroom: Newsroom) -> None:
    row = await newsroom.press.subscriber(JEANNE, newsroom.roads)
    at = f"/subscriptions/{preferences_tokens(SECRET).of(row.id)}"
    async with newsroom.accounts.visitor() as visitor:
        await visitor.post(
            at,
            {
                "email-culture": "weekly",
                "sms-voirie": "1",  # there is no number
                "hour": "7",
                "weekday": "5",
                "quiet_from": "21",
                "quiet_until": "99",
                "language": "en",
            },
        )
        wanted = {(Medium.EMAIL, newsroom.culture): Cadence.WEEKLY}
        assert await newsroom.subscriptions() == wanted
        (found,) = await newsroom.subscribers()
        assert (found.quiet_from, found.quiet_until, found.language) == (21, None, "en")
        assert "Désabonné" in (await visitor.get(at)).html
        await visitor.post(f"{at}/none", at=at)
    assert await newsroom.subscriptions() == {}


async def test_what_the_page_left_as_it_was_stays_each_subscriptions_own(
    newsroom: Newsroom,
) -> None:
    press = newsroom.press
    row = await press.subscriber(JEANNE, newsroom.roads, cadence=Cadence.DAILY, hour=7)
    await press.subscriber(JEANNE, newsroom.culture, cadence=Cadence.WEEKLY, hour=18, weekday=4)
    at = f"/subscriptions/{preferences_tokens(SECRET).of(row.id)}"
    async with newsroom.accounts.visitor() as visitor:
        shown = (await visitor.get(at)).fields
        as_shown = {name: shown[name] for name in ("shown_hour", "shown_weekday")}
        assert as_shown == {"shown_hour": "7", "shown_weekday": "0"}
        said = {"email-voirie": "daily", "email-culture": "weekly", "weekday": "0", **as_shown}
        await visitor.post(at, {**said, "hour": "7"})
        assert ("changed", "preferences") not in await newsroom.consents()
        await visitor.post(at, {**said, "hour": "9"})
    async with press.database.read() as session:
        rows = await subscriptions_of(session, row.id)
    assert [(one.hour, one.weekday) for one in rows] == [(9, 0), (9, 4)]


async def test_a_stopped_number_is_told_so(newsroom: Newsroom) -> None:
    row = await newsroom.press.subscriber(NUMBER, newsroom.roads)
    async with newsroom.press.database.begin() as session:
        await record_wish(
            session,
            newsroom.press.clock,
            id=row.id,
            address=NUMBER,
            medium=SentBy.SMS,
            allowed=False,
            source="sms STOP",
        )
    async with newsroom.accounts.visitor() as visitor:
        page = await visitor.get(f"/subscriptions/{preferences_tokens(SECRET).of(row.id)}")
        assert "START" in page.html


async def test_who_called_a_mail_spam_gets_mail_again_after_a_new_link(
    newsroom: Newsroom,
) -> None:
    row = await newsroom.press.subscriber(JEANNE, newsroom.roads)
    async with newsroom.press.database.begin() as session:
        await record_wish(
            session,
            newsroom.press.clock,
            id=row.id,
            address=JEANNE,
            medium=SentBy.EMAIL,
            allowed=False,
            source="complaint: abuse",
        )
    newsroom.press.clock.advance(hours=1)
    async with newsroom.accounts.visitor() as visitor:
        at = f"/subscriptions/{preferences_tokens(SECRET).of(row.id)}"
        assert "indésirable" in (await visitor.get(at)).html
        await by_mail(visitor)
        await confirmed(newsroom, visitor)
        assert "indésirable" not in (await visitor.get(at)).html
    async with newsroom.press.database.read() as session:
        assert not await stopped(session, SentBy.EMAIL, [JEANNE])


async def test_one_click_ends_what_the_mail_came_for(newsroom: Newsroom) -> None:
    row = await newsroom.press.subscriber(JEANNE, newsroom.roads, newsroom.culture)
    event = await newsroom.press.entry(newsroom.roads)
    campaign = await newsroom.tell(event)
    both = await newsroom.press.entry(newsroom.roads, newsroom.culture)
    waiting = [campaign, await newsroom.tell(both)]
    assert await newsroom.waiting(JEANNE) == set(waiting)
    async with newsroom.press.database.begin() as session:
        row_of_topic = await session.get_one(EntryTopicRow, (UUID(event.subject), newsroom.roads))
        await session.delete(row_of_topic)  # a correction takes it to another topic
    at = f"/subscriptions/{preferences_tokens(SECRET).of(row.id)}/unsubscribe/{campaign.hex}"
    async with newsroom.accounts.visitor() as visitor:
        async with newsroom.press.database.begin(), timeout(10):  # it waits for no writer
            asked = await visitor.get(at)
        assert "Voirie" in asked.html
        assert len(await newsroom.subscriptions()) == 2
        visitor.client.cookies.clear()
        body = {"List-Unsubscribe": "One-Click"}
        for _ in range(2):  # mail programs try again
            assert (await visitor.client.post(at, data=body)).status_code == 200
    assert list(await newsroom.subscriptions()) == [(Medium.EMAIL, newsroom.culture)]
    assert await newsroom.waiting(JEANNE) == set(waiting[1:])
    async with newsroom.press.database.begin() as session:
        assert await resend_failed(session, newsroom.press.clock, campaign) == 0
    assert await newsroom.consents() == [
        ("confirmed", "link"),
        ("confirmed", "link"),
        ("ended", "one-click"),
    ]


async def test_an_account_subscribes_at_once_and_takes_its_addresses_along(
    newsroom: Newsroom,
) -> None:
    await newsroom.press.subscriber(JEANNE, newsroom.culture)
    async with newsroom.accounts.citizen() as visitor:
        page = await visitor.get(SUBSCRIBE)
        assert JEANNE in page.html
        await visitor.post(SUBSCRIBE, {"by": "email", "email": "other@citizens.example"})
        at = (await visitor.get("/me/subscriptions")).response.headers["location"]
        await visitor.post(at, {"home-voirie": "1", "email-culture": "immediate"})
        assert set(await newsroom.subscriptions()) == {
            (Medium.HOME, newsroom.roads),
            (Medium.EMAIL, newsroom.culture),
        }
        await newsroom.press.entry(newsroom.roads, newsroom.culture, title="Pont fermé")
        await newsroom.press.entry(newsroom.culture, title="Concert")
        space = await visitor.get("/me")
        assert "Pont fermé" in space.html
        assert "Concert" not in space.html
        taken = await visitor.post("/me/data/export", {"export_password": PASSWORD}, at="/me/data")
        with ZipFile(BytesIO(taken.response.content)) as archive:
            news = json.loads(archive.read("data.json"))["news"]
        assert {one["topic"] for one in news["subscriptions"]} == {"culture", "voirie"}
        assert {one["act"] for one in news["consents"]} >= {"confirmed", "ended"}
        (row,) = await newsroom.subscribers()
        assert row.account_id == await newsroom.accounts.account_id()
        gone = await visitor.post("/me/data/delete", {"delete_password": PASSWORD}, at="/me/data")
        assert gone.status == 303
    assert await newsroom.subscribers() == []
    assert await newsroom.consents() == []
