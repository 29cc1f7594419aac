"""What a citizen agreed to is changed on the case, and what was said before stays."""

import re

from sqlalchemy import select

from cases.consents import ConsentRow
from core.ids import new_id
from notify import Medium, record_wish
from tests.agent_api.building import KARIM, SAMIRA, Browser, House, hidden_fields

NUMBER = "+33612345678"


async def agree(who: Browser, reference: str, *media: str, said_by: str = "phone") -> int:
    path = f"/agent/cases/{reference}"
    form = hidden_fields(await who.page(path), f"{path}/consents")
    answer = await who.client.post(
        f"{path}/consents", data={**form, "allow": list(media), "said_by": said_by}
    )
    return answer.status_code


async def test_it_is_written_down_with_who_how_and_when_and_opens_the_way(
    house: House, camille: Browser
) -> None:
    reference = await house.open(sender_address="jeanne@example.org", sender_phone=NUMBER)
    path = f"/agent/cases/{reference}"
    before = await camille.page(path)
    assert "Not asked" in before
    assert await agree(camille, reference, "sms") == 303
    house.clock.advance(minutes=5)
    page = await camille.page(path)
    assert "the citizen agrees to be notified by SMS" in page
    assert await agree(camille, reference, "sms") == 303  # nothing new
    assert await agree(camille, reference, said_by="scan") == 303
    assert "the citizen does not want to be notified by SMS" in await camille.page(path)
    async with house.town.database.read() as session:
        rows = (await session.scalars(select(ConsentRow).order_by(ConsentRow.at))).all()
    assert [(row.medium, row.allowed, row.said_by, row.address) for row in rows] == [
        ("sms", True, "phone", NUMBER),
        ("sms", False, "scan", NUMBER),
    ]
    trail = await house.trail("case.consent_changed")
    assert [row.details["allowed"] for row in trail] == [True, False]


async def test_nobody_is_notified_where_there_is_no_address_and_a_word_is_asked_for(
    house: House, camille: Browser
) -> None:
    reference = await house.open(sender_address="jeanne@example.org")
    assert await agree(camille, reference, "sms") == 422
    assert await agree(camille, reference, "email", said_by="gossip") == 422
    samira = await house.browser(SAMIRA)
    async with samira.client:
        path = f"/agent/cases/{reference}/consents"
        form = hidden_fields(await samira.page("/agent/trail"), "/agent/logout")
        answer = await samira.client.post(path, data={**form, "said_by": "phone"})
    assert answer.status_code == 404


async def test_administrators_see_who_has_stopped_sms_and_allowed_them_again(
    house: House, camille: Browser
) -> None:
    reference = await house.open(sender_address=NUMBER, channel="sms")
    for allowed, word in ((False, "STOP"), (True, "START")):
        async with house.town.database.begin() as session:
            await record_wish(
                session,
                house.clock,
                id=new_id(),
                address=NUMBER,
                medium=Medium.SMS,
                allowed=allowed,
                source=f"SMS {word}",
            )
        shown = await camille.page(f"/agent/cases/{reference}")
        assert ("STOP received" in shown) is not allowed
        house.clock.advance(minutes=1)
    trail = await camille.page("/agent/trail?q=%2B33+6+12+34+56+78")
    assert trail.index("SMS allowed again") < trail.index("No more SMS")
    assert "SMS STOP" in trail
    assert "No more SMS" not in await camille.page("/agent/trail?q=nobody@example.org")
    karim = await house.browser(KARIM)
    async with karim.client:
        assert (await karim.get("/agent/trail")).status_code == 403


async def test_the_trail_is_read_page_by_page(house: House, camille: Browser) -> None:
    reference = await house.open()
    for number in range(60):
        async with house.town.database.begin() as session:
            await record_wish(
                session,
                house.clock,
                id=new_id(),
                address=f"+336{number:08d}",
                medium=Medium.SMS,
                allowed=False,
                source=reference,
            )
    first = await camille.page("/agent/trail")
    assert first.count("No more SMS") == 50
    older = first.partition("/agent/trail?q=&amp;before=")[2].partition('"')[0]
    assert (await camille.page(f"/agent/trail?before={older}")).count("No more SMS") == 10


async def test_the_trail_says_in_words_what_was_done_and_leads_there(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    desk = f"/agent/cases/{reference}"
    await camille.submit(desk, f"{desk}/claim")
    assert await agree(camille, reference, "email") == 303
    trail = await camille.page("/agent/trail")
    assert f'<strong>Case claimed</strong><a class="breakable" href="{desk}">' in trail
    assert "Medium: E-mail" in trail
    assert not re.search(r"<strong>[a-z]+\.", trail)
