import re

from core.ids import new_id
from tests.agent_api.building import KARIM, Browser, House, until

ADDRESS = "12 rue des Lilas\r\n57000 Metz"


async def answer(browser: Browser, reference: str, **fields: str) -> str:
    """Send the reply box; returns where it leads to."""
    page = f"/agent/cases/{reference}"
    reply = {"text": "Le plan est joint.", **fields}
    sent = await browser.submit(page, f"{page}/replies", **reply)
    assert sent.status_code in (303, 422), sent.text
    return str(sent.headers.get("location", sent.text))


async def test_a_reply_by_letter_is_printed_with_one_click_and_again(
    house: House, camille: Browser
) -> None:
    reference = await house.open(channel="scan", sender_address="", sender_name="Zoë Petit")
    assert (await answer(camille, reference, way="letter", postal=ADDRESS)).endswith("done=letter")
    assert (await house.case(reference)).postal_address == "12 rue des Lilas\n57000 Metz"

    async def waits() -> bool:
        return "Zoë Petit, 12 rue des Lilas, 57000 Metz" in await camille.page("/agent/letters")

    async with house.at_work():
        await until(waits)
    assert "To be printed" in await camille.page(f"/agent/cases/{reference}")
    look = re.search(r'href="(/agent/letters/[0-9a-f-]{36})"', await camille.page("/agent/letters"))
    assert look
    shown = await camille.get(look[1])
    assert shown.content.startswith(b"%PDF")
    assert shown.headers["content-disposition"].startswith("inline")
    assert (await camille.get(f"/agent/letters/{new_id()}")).status_code == 404
    made = (await camille.submit("/agent/letters", "/agent/letters")).headers["location"]
    page = await camille.page(made)
    assert "Printed by Camille Durand" in page
    again = re.search(r'href="(/agent/letters/batches/[^"]+)" download', page)
    assert again
    assert (await camille.get(again[1])).content.startswith(b"%PDF")
    assert "Printed" in await camille.page(f"/agent/cases/{reference}")
    (printed,) = await house.trail("letters.printed")
    assert printed.details == {"references": [reference]}
    assert len(await house.trail("letters.read")) == 1
    karim = await house.browser(KARIM)
    async with karim.client:  # it is a letter of another queue
        assert (await karim.get(again[1])).status_code == 404
        assert (await karim.get(look[1])).status_code == 404
        assert "Printed by" not in await karim.page("/agent/letters")


async def test_a_letter_without_an_address_keeps_the_text(house: House, camille: Browser) -> None:
    reference = await house.open(channel="scan", sender_address="")
    page = await answer(camille, reference, way="letter", postal=" ")
    assert "Write the postal address" in page
    assert "Le plan est joint." in page
    page = await answer(camille, reference, way="letter", postal="a\nb\nc\nd\ne\nf")
    assert "at most 5 lines" in page
    assert "\nf</textarea>" in page.replace("\r", "")


async def test_a_call_back_is_asked_for_made_and_seen_in_the_inbox(
    house: House, camille: Browser
) -> None:
    reference = await house.open(sender_phone="+33612345678")
    page = f"/agent/cases/{reference}"
    due = "2026-03-09T15:30"
    to = await answer(camille, reference, way="callback", phone="06 12 34 56 78", due=due)
    assert to.endswith("done=callback")
    inbox = await camille.page("/agent/?status=callback")
    assert reference in inbox
    assert "tag-late" not in inbox
    house.clock.advance(hours=4)
    assert "tag-late" in await camille.page("/agent/?status=callback")
    calls = re.search(rf'action="({page}/callbacks/[^"]+)"', await camille.page(page))
    assert calls
    for outcome, shown in (("again", "called in vain"), ("done", "called the citizen back")):
        note = {"outcome": outcome, "text": "Le plan", "due": "2026-03-10T09:00"}
        sent = await camille.submit(page, calls[1], **note)
        assert sent.headers["location"].endswith("done=called")
        assert shown in await camille.page(page)
    assert reference not in await camille.page("/agent/?status=callback")
    assert [row.object_id for row in await house.trail("case.callback_done")] == [reference]


async def test_a_call_back_without_a_time_keeps_what_was_typed(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    page = await answer(camille, reference, way="callback", phone="06 12 34 56 78", due="soon")
    assert "Say when the call is to be made" in page
    assert 'value="06 12 34 56 78"' in page


async def test_the_second_of_two_agents_sends_the_letter_all_the_same(
    house: House, camille: Browser
) -> None:
    reference = await house.open(channel="scan", sender_address="")
    page = f"/agent/cases/{reference}"
    first = await camille.page(page)
    await camille.submit(page, f"{page}/claim")
    version = re.search(r'name="version" value="(\d+)"', first)
    assert version
    sent = await camille.submit(
        page,
        f"{page}/replies",
        version=version[1],
        text="Le plan.",
        way="letter",
        postal="1 rue Haute",
    )
    assert sent.status_code == 409
    for kept in ('name="way" value="letter"', 'name="postal" value="1 rue Haute"', "Le plan."):
        assert kept in sent.text
