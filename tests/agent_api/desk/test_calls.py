"""Who is calling: the card on every page, the list, and cases with their calls."""

import json
from uuid import UUID

import pytest
from sqlalchemy import select, update

import citizens
from cases import CaseEventRow, CaseRow
from ingest.events import CallChanged
from tests.agent_api.building import (
    CAMILLE,
    KARIM,
    SAMIRA,
    Browser,
    House,
    hidden_fields,
    running,
    until,
)
from tests.agent_api.streams import Stream
from tests.channels.cti.exchange import (
    CAMILLES,
    CITIZEN,
    KARIMS,
    calls,
    connect,
    event,
    tell,
)

SHOWN = "+33 6 12 34 56 78"
CALLS = "/agent/calls"


@pytest.fixture(autouse=True)
async def connected(house: House) -> None:
    await connect(house)


async def ring(house: House, extension: str = CAMILLES, **more: str) -> str:
    """A call rings; returns the address of its page."""
    await tell(house, {**event("started", extension=extension), **more})
    (call,) = await calls(house)
    return f"{CALLS}/{call.id}"


async def known(house: House, *references: str) -> None:
    """The caller is Jeanne Petit, and these cases are hers."""
    async with house.town.database.begin() as session:
        await citizens.enter(session, [(CITIZEN, "Jeanne Petit", "fr")], house.clock())
        await session.execute(
            update(CaseRow)
            .where(CaseRow.reference.in_(references))
            .values(citizen_id=citizens.newcomer(CITIZEN))
        )


async def history(house: House, reference: str) -> list[tuple[str, int | None]]:
    """What happened to a case, and how long the call was that it tells of."""
    case = await house.case(reference)
    async with house.town.database.read() as session:
        query = select(CaseEventRow).where(CaseEventRow.case_id == case.id)
        rows = await session.scalars(query.order_by(CaseEventRow.sequence))
        return [(row.kind, row.data.get("seconds")) for row in rows]


async def test_the_card_is_on_every_page(house: House, camille: Browser) -> None:
    reference = await house.open("voirie", subject="Pothole")
    await known(house, reference)
    await ring(house)
    for page in ("/agent/", "/agent/outbox", f"/agent/cases/{reference}", CALLS):
        shown = await camille.page(page)
        assert 'class="call-card call-card-ringing"' in shown
        assert "Jeanne Petit" in shown
        assert SHOWN in shown
        assert f'value="{reference}"' in shown


async def test_only_who_sits_at_the_telephone_has_the_card(house: House, camille: Browser) -> None:
    await ring(house, KARIMS)
    assert "call-card-ringing" not in await camille.page("/agent/")
    karim = await house.browser(KARIM)
    assert "call-card-ringing" in await karim.page("/agent/")


async def test_the_card_shows_the_cases_that_the_agent_may_see_alone(house: House) -> None:
    seen, hidden = await house.open("voirie"), await house.open("mairie")
    await known(house, seen, hidden)
    await ring(house, KARIMS)
    karim = await house.browser(KARIM)
    card = (await karim.get(f"{CALLS}/card")).text
    assert seen in card
    assert hidden not in card


async def test_a_withheld_number_is_shown_as_such(house: House, camille: Browser) -> None:
    page = await ring(house, caller="anonymous")
    assert "Withheld number" in await camille.page("/agent/")
    assert "Withheld number" in await camille.page(page)


async def test_a_transferred_call_goes_to_the_other_telephone(
    house: House, camille: Browser
) -> None:
    await ring(house)
    await tell(house, event("transferred", at=9, extension=KARIMS))
    assert "call-card-" not in await camille.page("/agent/")
    assert "call-card-" in await (await house.browser(KARIM)).page("/agent/")


async def test_a_page_hears_of_calls_at_once(house: House) -> None:
    browser = await house.browser(CAMILLE)
    stream = Stream(house.app, "/agent/events", browser.client.cookies)
    async with running(house.town.live.run()), running(stream.run()):
        await stream.part()  # ": connected"
        await tell(house, event("started", call="1", extension=CAMILLES, callee="+33199001999"))
        await tell(house, event("started", call="2", extension=KARIMS))
        mine, other = await calls(house)
        for call, is_mine in ((mine, True), (other, False)):
            part = await stream.part()
            assert part is not None
            lines = dict(line.split(": ", 1) for line in part.splitlines() if line)
            assert lines["event"] == CallChanged.stream
            told = {"call_id": str(call.id), "state": "ringing", "mine": is_mine}
            assert json.loads(lines["data"]) == told


async def test_a_page_hears_of_no_call_that_its_agent_may_not_see(house: House) -> None:
    browser = await house.browser(KARIM)
    stream = Stream(house.app, "/agent/events", browser.client.cookies)
    async with running(house.town.live.run()), running(stream.run()):
        await stream.part()  # ": connected"
        await tell(house, event("started", extension=CAMILLES, callee="+33199001999"))
        marker = await house.open("voirie")
        assert (await stream.change())["reference"] == marker


async def test_a_case_is_opened_with_the_call(house: House, camille: Browser) -> None:
    page = await ring(house)
    fields = {"subject": "Street lamp", "text": "It is dark.", "name": "Jeanne", "queue": "voirie"}
    answer = await camille.submit(page, f"{page}/cases", **fields)
    assert answer.status_code == 303
    reference = answer.headers["location"].partition("?")[0].rpartition("/")[2]
    case = await house.case(reference)
    assert (case.channel, case.subject, case.excerpt) == ("phone", "Street lamp", "It is dark.")
    assert (case.sender_name, case.sender_address) == ("Jeanne", CITIZEN)
    assert case.citizen_id == citizens.newcomer(CITIZEN)
    assert case.due_at is not None
    await tell(house, event("answered", at=4), event("ended", at=134))
    assert await history(house, reference) == [
        ("opened", None),
        ("call_linked", None),
        ("call_ended", 130),
    ]
    shown = await camille.page(f"/agent/cases/{reference}")
    assert f"Camille Durand linked a call with {SHOWN}" in shown
    assert f"The call with {SHOWN} has ended after 2 min" in shown
    (opened,), (linked,) = await house.trail("case.opened"), await house.trail("call.linked")
    assert (opened.object_id, linked.details) == (reference, {"case": reference})


async def test_a_form_sent_twice_opens_one_case(house: House, camille: Browser) -> None:
    page = await ring(house)
    form = await camille.page(page)
    fields = {**hidden_fields(form, f"{page}/cases"), "subject": "Lamp", "queue": "voirie"}
    answers = [await camille.send(f"{page}/cases", fields) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"subject": " ", "queue": "voirie"}, "Say in a few words"),
        ({"subject": "Lamp", "queue": "nowhere"}, "There is no such queue."),
        ({"subject": "Lamp", "queue": "voirie", "text": "x" * 100_001}, "The text is too long."),
    ],
)
async def test_what_is_no_case_is_told_with_what_was_typed(
    house: House, camille: Browser, fields: dict[str, str], told: str
) -> None:
    page = await ring(house)
    answer = await camille.submit(page, f"{page}/cases", name="Jeanne", **fields)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'value="Jeanne"' in answer.text


async def test_a_call_is_linked_with_a_case_once(house: House, camille: Browser) -> None:
    reference = await house.open("voirie")
    page = await ring(house)
    await tell(house, event("answered", at=5), event("ended", at=65))
    for _ in range(2):
        answer = await camille.submit(page, f"{page}/link", reference=reference.lower())
        assert answer.headers["location"] == f"/agent/cases/{reference}?done=call"
    assert await history(house, reference) == [("opened", None), ("call_linked", 60)]
    assert len(await house.trail("call.linked")) == 1
    assert "call-card-" not in await camille.page("/agent/")  # nothing is left to do


async def test_a_call_that_has_just_ended_is_shown_a_little_longer(
    house: House, camille: Browser
) -> None:
    await ring(house)
    await tell(house, event("answered", at=1), event("ended", at=2))
    house.clock.advance(seconds=60)
    assert "call-card-ended" in await camille.page("/agent/")
    house.clock.advance(minutes=5)
    assert "call-card-" not in await camille.page("/agent/")


async def test_the_card_of_an_ended_call_is_closed_for_that_call(
    house: House, camille: Browser
) -> None:
    page = await ring(house)
    assert f"{page}/close" not in await camille.page("/agent/outbox")  # it still rings
    await tell(house, event("answered", at=1), event("ended", at=2))
    closed = await camille.submit("/agent/outbox", f"{page}/close")
    assert closed.headers["location"] == "/agent/outbox"
    assert "call-card-" not in await camille.page("/agent/outbox")
    assert (await camille.get(f"{CALLS}/card")).text.strip() == ""
    assert page in await camille.page(CALLS)
    house.clock.advance(seconds=5)
    await tell(house, event("started", at=9, call="another", extension=CAMILLES))
    assert "call-card-ringing" in await camille.page("/agent/outbox")


async def test_no_call_is_linked_with_what_the_agent_may_not_see(house: House) -> None:
    hidden = await house.open("mairie")
    page = await ring(house, KARIMS)
    karim = await house.browser(KARIM)
    for reference in (hidden, "GU-0000-0000", "nonsense", ""):
        answer = await karim.submit(page, f"{page}/link", reference=reference)
        assert answer.status_code == 422
        assert "There is no such case" in answer.text


async def test_who_may_not_see_a_call_has_none(house: House, camille: Browser) -> None:
    page = await ring(house, callee="+33199001999")  # to Camille, and to no queue
    form = await camille.page(page)
    assert SHOWN in form
    for email in (KARIM, SAMIRA):
        other = await house.browser(email)
        assert (await other.get(page)).status_code == 404
        assert SHOWN not in await other.page(CALLS)
    karim = await house.browser(KARIM)
    hidden = {"csrf": "", "version": "1", "subject": "x", "queue": "voirie"}
    assert (await karim.send(f"{page}/cases", hidden)).status_code == 403  # not from our form


async def test_the_list_has_the_calls_of_the_agents_queues(house: House) -> None:
    await tell(house, event("started"), event("ended", at=20))
    karim = await house.browser(KARIM)
    shown = await karim.page(CALLS)
    assert SHOWN in shown
    assert "Missed" in shown
    house.clock.advance(days=8)
    assert SHOWN not in await karim.page(CALLS)


async def test_a_missed_call_comes_to_its_queue(house: House, camille: Browser) -> None:
    async with house.at_work():
        await tell(house, event("started"), event("ended", at=20))

        async def is_there() -> bool:
            return (await calls(house))[0].case_id is not None

        await until(is_there)
    shown = await camille.page("/agent/?queue=voirie")
    assert "Appel manqué de +33612345678" in shown  # in the town's language


async def test_an_unknown_call_is_not_there(camille: Browser) -> None:
    assert (await camille.get(f"{CALLS}/{UUID(int=1)}")).status_code == 404
    assert (await camille.get(f"{CALLS}/nonsense")).status_code == 422
