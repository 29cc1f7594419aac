import re

import pytest
from sqlalchemy import inspect, update

from cases import read_case
from notify.models import DeliveryRow
from tests.agent_api.building import CAMILLE, KARIM, SAMIRA, Browser, House, until


async def test_the_timeline_shows_messages_notes_and_events_in_their_order(
    house: House, camille: Browser
) -> None:
    reference = await house.open(subject="Lamp", text="The lamp is <b>dark</b>.")
    case = f"/agent/cases/{reference}"
    await camille.submit(case, f"{case}/claim")
    await camille.submit(case, f"{case}/notes", text="Called the electrician.")
    await camille.submit(case, f"{case}/replies", text="We come on Monday.")
    await house.write_again(reference, text="Thank you!")
    page = await camille.page(case)
    timeline = page[page.index('<ol class="timeline"') :]
    places = [
        timeline.index(words)
        for words in (
            "The lamp is &lt;b&gt;dark&lt;/b&gt;.",
            "Camille Durand claimed the case",
            "Called the electrician.",
            "We come on Monday.",
            "Thank you!",
        )
    ]
    assert places == sorted(places)


async def test_the_page_tells_who_wrote_and_that_they_are_not_verified(
    house: House, camille: Browser
) -> None:
    page = await camille.page(f"/agent/cases/{await house.open()}")
    assert "Jeanne" in page
    assert "jeanne@citizens.example" in page
    assert "Unverified sender" in page
    assert "This sender is not verified" in page


@pytest.mark.parametrize(("html", "shown"), [("<p>dark</p>", True), ("", False), (None, False)])
async def test_the_page_offers_the_html_of_a_mail_without_having_read_it(
    house: House, camille: Browser, html: str | None, shown: bool
) -> None:
    reference = await house.open(html=html)
    message = await house.first_message(reference)
    page = await camille.page(f"/agent/cases/{reference}")
    assert (f"/messages/{message.id}/html" in page) == shown
    async with house.town.database.read() as session:
        agent = await house.agent(CAMILLE)
        record = await read_case(session, agent, reference, with_html=False)
    (read,) = record.messages
    assert "html" in inspect(read.message).unloaded


async def test_who_left_a_number_alone_is_called_back_or_written_to(
    house: House, camille: Browser
) -> None:
    reference = await house.open(channel="phone", sender_address="", sender_phone="+33612345678")
    page = await camille.page(f"/agent/cases/{reference}")
    assert "There is no e-mail address to reply to" in page
    assert "tel:+33612345678" in page
    ways = re.findall(r'name="way" value="([a-z]+)"( checked)?', page)
    assert ways == [("callback", " checked"), ("letter", "")]


async def test_a_reply_shows_what_became_of_its_delivery(house: House, camille: Browser) -> None:
    case = f"/agent/cases/{await house.open()}"
    async with house.at_work():
        await camille.submit(case, f"{case}/replies", text="On Monday.")

        async def queued() -> bool:
            return "Waiting to be sent" in await camille.page(case)

        await until(queued)
    async with house.town.database.begin() as session:
        await session.execute(
            update(DeliveryRow).values(status="failed", last_error="550 no such user")
        )
    page = await camille.page(case)
    assert "Not sent" in page
    assert "This reply did not arrive: 550 no such user" in page


@pytest.mark.parametrize("who", [KARIM, SAMIRA])
async def test_a_case_of_another_queue_looks_like_one_that_does_not_exist(
    house: House, who: str
) -> None:
    reference = await house.open("mairie", subject="private matter")
    browser = await house.browser(who)
    hidden = await browser.get(f"/agent/cases/{reference}")
    missing = await browser.get("/agent/cases/GU-0000-0000")
    assert hidden.status_code == missing.status_code == 404
    assert "private matter" not in hidden.text
    assert hidden.text.replace(reference, "GU-0000-0000") == missing.text


@pytest.mark.parametrize(
    "path",
    ["", "/messages/{message}/html", "/documents/{document}"],
)
async def test_nothing_of_a_case_is_shown_before_signing_in(house: House, path: str) -> None:
    reference = await house.open(html="<p>hello</p>")
    document = await house.attach(reference, b"secret")
    message = (await house.first_message(reference)).id
    url = f"/agent/cases/{reference}" + path.format(message=message, document=document)
    answer = await house.client().get(url)
    assert (answer.status_code, answer.text) == (303, "")


async def test_an_agent_of_the_queue_reads_the_case(house: House) -> None:
    reference = await house.open("voirie", subject="pothole")
    page = await (await house.browser(KARIM)).page(f"/agent/cases/{reference}")
    assert re.search(r"<h1>\s*pothole\s*</h1>", page)
