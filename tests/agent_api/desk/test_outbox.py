import re
from uuid import UUID

import pytest
from sqlalchemy import select

from core.ids import new_id
from notify.models import DeliveryRow
from tests.agent_api.building import KARIM, SAMIRA, Browser, House, running, until

OUTBOX = "/agent/outbox"


async def reply(house: House, browser: Browser, queue: str = "mairie") -> tuple[str, UUID]:
    """A case with a reply that went as far as it can; returns its reference and the delivery."""
    reference = await house.open(queue)
    case = f"/agent/cases/{reference}"
    await browser.submit(case, f"{case}/replies", text="On <Monday>.")
    query = select(DeliveryRow).where(DeliveryRow.text.contains("On <Monday>."))

    async def deliveries() -> list[DeliveryRow]:
        async with house.town.database.read() as session:
            return list((await session.scalars(query)).all())

    async def sent() -> bool:
        return any(row.status == "sent" for row in await deliveries())

    async with house.at_work(), running(house.town.dispatcher.run()):
        await until(sent)
    return reference, (await deliveries())[0].id


@pytest.fixture
async def sent(house: House, camille: Browser) -> tuple[str, UUID]:
    return await reply(house, camille)


async def test_an_empty_outbox_says_how_to_fill_it(camille: Browser) -> None:
    page = await camille.page(OUTBOX)
    assert "No mail yet" in page
    assert "Set GUICHET_SMARTHOST" in page


async def test_a_mail_that_stays_here_is_listed_as_kept(
    camille: Browser, sent: tuple[str, UUID]
) -> None:
    page = await camille.page(OUTBOX)
    assert f'href="{OUTBOX}/{sent[1]}"' in page
    assert "Kept here" in page
    assert "jeanne@citizens.example" in page


async def test_a_mail_is_shown_with_all_its_headers(
    camille: Browser, sent: tuple[str, UUID]
) -> None:
    reference, delivery_id = sent
    page = await camille.page(f"{OUTBOX}/{delivery_id}")
    assert f'href="/agent/cases/{reference}"' in page
    assert "On &lt;Monday&gt;." in page
    for header in ("Message-ID", "References", "From", "To", "Subject"):
        assert re.search(rf"<dt>{header}</dt>", page, re.IGNORECASE), header


async def test_its_html_is_framed_so_that_it_can_do_nothing(
    camille: Browser, sent: tuple[str, UUID]
) -> None:
    answer = await camille.get(f"{OUTBOX}/{sent[1]}/html")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "On &lt;Monday&gt;." in answer.text


@pytest.mark.parametrize("who", [KARIM, SAMIRA])
async def test_the_mails_of_another_queue_are_not_shown(
    house: House, sent: tuple[str, UUID], who: str
) -> None:
    browser = await house.browser(who)
    assert "No mail yet" in await browser.page(OUTBOX)
    for path in ("", "/html"):
        answer = await browser.get(f"{OUTBOX}/{sent[1]}{path}")
        assert answer.status_code == 404


async def test_a_mail_that_never_was_is_not_there(camille: Browser) -> None:
    assert (await camille.get(f"{OUTBOX}/{new_id()}")).status_code == 404
    assert (await camille.get(f"{OUTBOX}?cursor=nonsense")).status_code == 422
    assert (await camille.get(f"{OUTBOX}?cursor={new_id().hex}")).status_code == 422
