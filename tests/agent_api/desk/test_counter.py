import re
from io import BytesIO

import httpx
from sqlalchemy import func, select

import citizens
from cases import CaseRow
from cases.consents import ConsentRow
from cases.procedures import (
    add_procedure,
    example_procedures,
    filed_forms,
    publish_procedure,
)
from citizens import CitizenRow
from ingest.models import DocumentRow, IntakeRow, MessageRow
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


async def publish(house: House, slug: str) -> None:
    (definition,) = [one for one in example_procedures() if one.slug == slug]
    async with house.town.database.begin() as session:
        row = await add_procedure(session, house.clock, definition)
        await publish_procedure(session, house.clock, row, by=None)


async def test_the_form_of_a_procedure_is_filled_in_and_filed_by_telephone(
    house: House, camille: Browser
) -> None:
    await publish(house, "encombrants")
    start = await fill(camille, origin="phone", procedure="encombrants", action="choose")
    page = await send(camille, start)
    assert page.status_code == 200
    assert 'name="f-first_name"' in page.text
    assert 'value="Petit"' in page.text  # who was named above need not be named again
    form = {**start, **hidden_fields(page.text, PAGE), "action": "file", "name": ""}
    half = await send(camille, form | {"f-code": "never seen"})
    assert half.status_code == 422
    answers = {
        "f-things-0-kind": "furniture",
        "f-things-0-number": "2",
        "f-volume": "1,5",
        "f-heavy": "no",
        "f-home-street": "12 rue des Lilas",
        "f-home-postcode": "57000",
        "f-home-city": "Metz",
        "f-floor": "courtyard",
        "f-day": "2026-03-20",
        "f-first_name": "Jeanne",
        "f-last_name": "Petit",
        "f-email": "jeanne@example.org",
    }
    more = await send(camille, form | answers)  # a condition asks for one more
    assert more.status_code == 422, more.text
    assert 'name="f-code"' in more.text
    photo = ("f-photo", ("canapé.jpg", BytesIO(b"\xff\xd8\xff\xe0"), "image/jpeg"))
    last = form | answers | hidden_fields(more.text, PAGE) | {"f-code": "A12", "action": "file"}
    fake = ("f-photo", ("canapé.jpg", BytesIO(b"MZ"), "image/jpeg"))
    assert (await camille.client.post(PAGE, data=last, files=[fake])).status_code == 422
    answer = await camille.client.post(PAGE, data=last, files=[photo])
    assert answer.status_code == 303, answer.text
    reference = answer.headers["location"].rpartition("/")[2]
    (case,) = await routed(house, reference)
    assert (case.channel, case.sender_name) == ("phone", "Jeanne Petit")
    assert case.queue_id == house.queues["voirie"].id
    async with house.town.database.read() as session:
        (message,) = await session.scalars(select(MessageRow))
        filed = await filed_forms(session, [message], "en")
        names = (await session.scalars(select(DocumentRow.name))).all()
    assert message.details["form"]["code"] == "A12"
    assert (filed[message.id].procedure.slug, filed[message.id].number) == ("encombrants", 1)
    assert list(names) == ["canapé.jpg"]


async def test_of_an_anonymous_form_nothing_is_kept_of_who_stands_there(
    house: House, camille: Browser
) -> None:
    await publish(house, "logement-indigne")
    start = await fill(
        camille, procedure="logement-indigne", action="choose", email="j@example.org"
    )
    page = await send(camille, start)
    assert "This form is anonymous" in page.text
    form = {**start, **hidden_fields(page.text, PAGE), "action": "file"}
    answers = {
        "f-where-street": "3 rue Haute",
        "f-where-postcode": "57000",
        "f-where-city": "Metz",
        "f-who": "tenant",
        "f-children": "no",
        "f-troubles": "damp",
        "f-story": "Des moisissures partout.",
        "f-reachable": "no",
    }
    answer = await send(camille, form | answers)
    assert answer.status_code == 303, answer.text
    (case,) = await routed(house, answer.headers["location"].rpartition("/")[2])
    assert (case.sender_name, case.sender_address, case.citizen_id) == ("", "", None)
    async with house.town.database.read() as session:
        (intake,) = await session.scalars(select(IntakeRow))
        raw = await house.town.blobs.read(session, intake.raw_sha256)
    assert b"Jeanne" not in raw
    assert b"example.org" not in raw


async def test_a_system_administrator_does_not_serve(house: House) -> None:
    samira = await house.browser(SAMIRA)
    async with samira.client:
        assert (await samira.get(PAGE)).status_code == 403
