import re
from io import BytesIO

import httpx
from sqlalchemy import func, select

import citizens
from cases import CaseRow
from cases.consents import ConsentRow
from citizens import CitizenRow
from ingest.models import DocumentRow, IntakeRow
from notify import deliveries_of_case
from tests.agent_api.building import KARIM, SAMIRA, Browser, House, hidden_fields, until
from tests.builders import NOON

PAGE = "/agent/counter"
FORM = {
    "origin": "counter",
    "name": "Jeanne Petit",
    "phone": "06 12 34 56 78",
    "identity": "document",
    "subject": "Acte de naissance",
    "text": "Elle demande une copie de son acte de naissance.",
    "language": "fr",
}


async def fill(browser: Browser, **fields: str) -> dict[str, str]:
    """A form that is ready to be sent."""
    return {**hidden_fields(await browser.page(PAGE), PAGE), **FORM, **fields}


async def send(browser: Browser, form: dict[str, str]) -> httpx.Response:
    return await browser.send(PAGE, form)


async def file(browser: Browser, **fields: str) -> str:
    """File once; returns the reference."""
    answer = await send(browser, await fill(browser, **fields))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].rpartition("/")[2]


async def routed(house: House, *references: str) -> list[CaseRow]:
    """Let the town work until each is a case."""

    async def are_there() -> bool:
        async with house.town.database.read() as session:
            query = select(func.count()).where(CaseRow.reference.in_(references))
            return await session.scalar(query) == len(references)

    async with house.at_work():
        await until(are_there)
    return [await house.case(reference) for reference in references]


async def count(house: House, model: type[IntakeRow] | type[CitizenRow]) -> int:
    async with house.town.database.read() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_sent_twice_it_is_one_case_even_when_changed_in_between(
    house: House, camille: Browser
) -> None:
    form = await fill(camille)
    first, second = await send(camille, form), await send(camille, form)
    assert first.headers["location"] == second.headers["location"]
    changed = await send(camille, {**form, "text": "Autre chose", "origin": "phone"})
    assert changed.headers["location"] == first.headers["location"] + "?again=1"
    assert "had been filed before" in await camille.page(changed.headers["location"])
    assert await count(house, IntakeRow) == 1
    assert [row.details for row in await house.trail("counter.filed")] == [
        {"again": False},
        {"again": True},
    ]


async def test_going_back_to_a_form_that_is_filed_leads_to_its_receipt(
    house: House, camille: Browser
) -> None:
    opened = (await camille.get(PAGE)).headers["location"]
    form = {**hidden_fields(await camille.page(opened), PAGE), **FORM}
    filed = await send(camille, form)
    again = await camille.get(opened)
    assert again.headers["location"] == filed.headers["location"]


async def test_another_form_with_the_same_words_is_another_request(
    house: House, camille: Browser
) -> None:
    assert await file(camille) != await file(camille)
    assert await count(house, IntakeRow) == 2


async def test_mistakes_lose_nothing_that_was_typed(house: House, camille: Browser) -> None:
    answer = await send(camille, await fill(camille, subject="", email="not one"))
    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert "Elle demande une copie" in answer.text
    assert await count(house, IntakeRow) == 0


async def test_who_is_known_is_found_and_need_not_be_typed_again(
    house: House, camille: Browser
) -> None:
    async with house.town.database.begin() as session:
        await citizens.enter(session, [("amelie@example.org", "Amélie Lefèvre", "fr")], NOON)
    page = await camille.page(f"{PAGE}?q=lefebvre")
    assert "Amélie Lefèvre" in page
    found = re.search(r'name="citizen" value="([0-9a-f-]{36})"', page)
    assert found
    address = "3 rue Basse\n57000 Metz"
    (case,) = await routed(
        house, await file(camille, citizen=found[1], name="", postal_address=address)
    )
    assert (case.sender_name, case.sender_address) == ("Amélie Lefèvre", "amelie@example.org")
    assert (str(case.citizen_id), case.postal_address) == (found[1], address)
    async with house.town.database.read() as session:
        known = await citizens.citizen_of(session, citizens.newcomer("amelie@example.org"))
    assert known
    assert (known.phones, known.postal_address) == (["+33612345678"], address)
    assert await count(house, CitizenRow) == 1
    (trail,) = await house.trail("citizens.searched")
    assert trail.details == {"found": 1}


async def test_what_is_filed_comes_to_its_case_with_what_the_citizen_agreed_to(
    house: House, camille: Browser
) -> None:
    agrees = await file(camille, phone="", email="jeanne@example.org", allow_email="1")
    declines = await file(camille, phone="", email="paul@example.org", text="Autre chose.")
    has_a_phone = await file(camille, queue="voirie", text="Encore autre chose.", origin="phone")
    has_nothing = await file(camille, phone="", identity="word")
    first, second, third, fourth = await routed(house, agrees, declines, has_a_phone, has_nothing)

    async with house.at_work():
        await until(lambda: _is_told(house, first))
    assert not await _is_told(house, second)
    assert (third.channel, third.sender_address) == ("phone", "+33612345678")
    assert third.queue_id == house.queues["voirie"].id
    assert (first.sender_trust, fourth.sender_trust) == ("vouched", "unverified")
    assert fourth.citizen_id is not None
    assert (fourth.sender_name, fourth.sender_address) == ("Jeanne Petit", "")

    async with house.town.database.read() as session:
        query = select(ConsentRow).where(ConsentRow.medium == "email").order_by(ConsentRow.address)
        consents = (await session.scalars(query)).all()
    assert [(one.address, one.allowed) for one in consents] == [
        *(("", False), ("", False), ("jeanne@example.org", True), ("paul@example.org", False)),
    ]
    assert {(one.agent_name, one.at) for one in consents} == {("Camille Durand", NOON)}


async def _is_told(house: House, case: CaseRow) -> bool:
    async with house.town.database.read() as session:
        return bool(await deliveries_of_case(session, case.id))


async def test_documents_come_along_and_the_receipt_is_for_who_filed(
    house: House, camille: Browser
) -> None:
    karim, samira = await house.browser(KARIM), await house.browser(SAMIRA)
    async with karim.client, samira.client:
        form = await fill(karim, queue="mairie")
        files = [
            ("documents", (f"carte-{n}.jpg", BytesIO(b"\xff\xd8\xff" + bytes([n])), "image/jpeg"))
            for n in (1, 2)
        ]
        answer = await karim.client.post(PAGE, data=form, files=files)
        reference = answer.headers["location"].rpartition("/")[2]
        path = f"{PAGE}/receipts/{reference}"
        assert (await camille.get(path)).status_code == 404  # there is no case yet
        await routed(house, reference)
        assert (await karim.get(path)).status_code == 200
        assert (await camille.get(path)).status_code == 200  # she sees every case
        assert (await samira.get(path)).status_code == 403
        pdf = await karim.get(f"{path}/pdf")
        assert pdf.content.startswith(b"%PDF")
        assert len(await house.trail("receipt.printed")) == 1
        house.clock.advance(days=2)
        karim_again = await house.browser(KARIM)
        async with karim_again.client:
            assert (await karim_again.get(path)).status_code == 404
            assert (await karim_again.get(f"{PAGE}/receipts/GU-0000-0000")).status_code == 404
    async with house.town.database.read() as session:
        names = (await session.scalars(select(DocumentRow.name).order_by(DocumentRow.name))).all()
    assert names == ["carte-1.jpg", "carte-2.jpg"]


async def test_a_system_administrator_does_not_serve(house: House) -> None:
    samira = await house.browser(SAMIRA)
    async with samira.client:
        assert (await samira.get(PAGE)).status_code == 403
