"""What a citizen proposes and sends from the tracking page, and what an agent does with it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from cases.procedures import Procedure, add_procedure, publish_procedure
from cases.wanted import WantedRow
from core.references import tracking_key
from notify.models import NotificationRow
from tests.agent_api.building import Browser, House, hidden_fields, until
from tests.cases.procedures import building as definitions

FILED = {"street": {"street": "4 rue des Lilas", "postcode": "57000", "city": "Metz"}, "bins": 2}
MOVED = {"f-street-street": "9 quai Vert", "f-street-postcode": "57000", "f-street-city": "Metz"}


def bins(**values: object) -> Procedure:
    made = definitions.field
    fields = (made("address", "street"), made("number", "bins", most=5))
    return definitions.procedure(definitions.page("bins", *fields), **{"slug": "bins", **values})


async def filed(house: House, definition: Procedure) -> str:
    """A case that was opened with the form."""
    async with house.town.database.begin() as session:
        row = await add_procedure(session, house.clock, definition)
        await publish_procedure(session, house.clock, row, by=None)
    details = {"procedure": "bins", "version": 1, "form": FILED}
    return await house.open(details=details, sender_address="jeanne@citizens.example")


@pytest.fixture
async def case(house: House) -> str:
    return await filed(house, bins())


@pytest.fixture
async def citizen(house: House, case: str) -> AsyncIterator[httpx.AsyncClient]:
    async with house.client() as client:
        await shows_key(house, client, case)
        yield client


async def shows_key(house: House, client: httpx.AsyncClient, reference: str) -> None:
    csrf = hidden_fields((await client.get("/tracking")).text, "/tracking")
    codes = {"reference": reference, "tracking_key": tracking_key(house.town.secret, reference)}
    answer = await client.post("/tracking", data=csrf | codes)
    assert answer.headers["location"] == f"/tracking/{reference}"


async def send(
    citizen: httpx.AsyncClient, at: str, path: str, fields: dict[str, str], **files: object
) -> httpx.Response:
    hidden = hidden_fields((await citizen.get(at)).text, path)
    return await citizen.post(path, data=hidden | fields, files=files or None)  # type: ignore[arg-type]


async def propose(citizen: httpx.AsyncClient, case: str, **fields: str) -> httpx.Response:
    path = f"/tracking/{case}/changes/bins"
    return await send(citizen, path, path, {"f-bins": "2", **MOVED, **fields})


@pytest.mark.parametrize("decision", ["accepted", "refused"])
async def test_a_proposed_change_is_decided_and_both_values_are_kept(
    house: House, camille: Browser, citizen: httpx.AsyncClient, case: str, decision: str
) -> None:
    sent = await propose(citizen, case, text="Déménagement")
    assert sent.headers["location"] == f"/tracking/{case}?said=proposed"
    desk = f"/agent/cases/{case}"
    page = await camille.page(desk)
    for words in ("4 rue des Lilas, 57000 Metz", "9 quai Vert, 57000 Metz", "Déménagement"):
        assert words in page
    assert "<ins>" in page
    url = next(part for part in page.split('"') if part.startswith(f"{desk}/proposals/"))
    await camille.submit(desk, url, decision=decision, text="C’est noté.")
    assert (await house.first_message(case)).details["form"] == FILED
    accepted = decision == "accepted"
    shown = (await citizen.get(f"/tracking/{case}")).text
    assert ("answer-before" in shown) == accepted
    assert "C’est noté." in shown
    again = (await citizen.get(f"/tracking/{case}/changes")).text
    assert ("9 quai Vert" in again) == accepted
    csrf = {"csrf": hidden_fields(page, url)["csrf"], "decision": "refused"}
    assert (await camille.send(url, csrf)).status_code == 422  # it is decided once
    assert len(await house.trail(f"case.change_{decision}")) == 1

    async def told() -> bool:
        async with house.town.database.read() as session:
            kinds = (await session.scalars(select(NotificationRow.kind))).all()
        return decision in kinds

    async with house.at_work():
        await until(told)


async def test_what_is_proposed_is_checked_as_the_form_was(
    citizen: httpx.AsyncClient, case: str
) -> None:
    wrong = await propose(citizen, case, **{"f-bins": "9"})
    assert wrong.status_code == 422
    assert 'id="f-bins-error"' in wrong.text
    same = {"f-street-street": "4 rue des Lilas", "f-bins": "2"}
    assert "Vous n’avez rien changé" in (await propose(citizen, case, **same)).text


async def test_a_proposal_is_taken_back_until_an_agent_has_decided(
    house: House, camille: Browser, citizen: httpx.AsyncClient, case: str
) -> None:
    tracking, desk = f"/tracking/{case}", f"/agent/cases/{case}"
    await propose(citizen, case)
    shown = (await citizen.get(tracking)).text
    back = next(part for part in shown.split('"') if part.endswith("/take-back"))
    page = await camille.page(desk)
    url = next(part for part in page.split('"') if part.startswith(f"{desk}/proposals/"))
    decision = hidden_fields(page, url) | {"decision": "accepted"}
    async with house.client() as stranger:
        assert (await stranger.post(back)).headers["location"] == f"/tracking?reference={case}"
    csrf = hidden_fields(shown, back)
    for _ in range(2):  # twice is once
        sent = await citizen.post(back, data=csrf)
        assert sent.headers["location"] == f"{tracking}?said=taken_back"
    assert "Vous avez retiré votre proposition" in (await citizen.get(tracking)).text
    assert back not in (await citizen.get(tracking)).text
    page = await camille.page(desk)
    assert "The citizen took the proposed change back" in page
    assert url not in page
    late = await camille.send(url, decision)  # the agent had it open still
    assert late.status_code == 422
    assert "The citizen has taken this proposal back." in late.text
    assert (await house.case(case)).event_count == 3
    await propose(citizen, case)
    page = await camille.page(desk)
    url = next(part for part in page.split('"') if part.startswith(f"{desk}/proposals/"))
    await camille.submit(desk, url, decision="refused")
    assert (
        await citizen.post(f"{tracking}/proposals/{url[-36:]}/take-back", data=csrf)
    ).status_code == 409


async def test_a_proposal_sent_twice_is_one(
    house: House, citizen: httpx.AsyncClient, case: str
) -> None:
    path = f"/tracking/{case}/changes/bins"
    hidden = hidden_fields((await citizen.get(path)).text, path)
    for _ in range(2):
        await citizen.post(path, data={**hidden, "f-bins": "3", **MOVED})
    assert (await house.case(case)).event_count == 2


async def test_documents_that_an_agent_asks_for_are_sent_each_in_its_place(
    house: House, camille: Browser, citizen: httpx.AsyncClient, case: str
) -> None:
    desk, tracking = f"/agent/cases/{case}", f"/tracking/{case}"
    names = "Justificatif de domicile\nPhoto"
    await camille.submit(desk, f"{desk}/replies", text="Bonjour,", wanted=names)
    page = await camille.page(desk)
    assert "Please send us" not in page
    assert "- Justificatif de domicile" in page  # in the answer, for who only reads mails
    async with house.town.database.read() as session:
        first, second = (await session.scalars(select(WantedRow).order_by(WantedRow.id))).all()
    file = {f"wanted-{first.id}": ("edf.pdf", b"%PDF-1.7 a bill", "application/pdf")}
    sent = await send(citizen, tracking, f"{tracking}/comments", {}, **file)
    assert sent.headers["location"] == f"{tracking}?said=sent"

    async def came() -> bool:
        return f"wanted-{first.id}" not in (await citizen.get(tracking)).text

    async with house.at_work():
        await until(came)
    assert f"wanted-{second.id}" in (await citizen.get(tracking)).text
    page = await camille.page(desk)
    assert "Justificatif de domicile – edf.pdf" in page
    assert "Written on the tracking page, with the key" in page


async def test_a_procedure_may_take_no_messages_from_either_side(
    house: House, camille: Browser
) -> None:
    case = await filed(house, bins(comments={"citizen": False, "agent": False}))
    desk, tracking = f"/agent/cases/{case}", f"/tracking/{case}"
    page = await camille.page(desk)
    assert f"{desk}/replies" not in page
    fields = hidden_fields(page, f"{desk}/notes") | {"text": "Bonjour"}
    assert (await camille.send(f"{desk}/replies", fields)).status_code == 422
    async with house.client() as citizen:
        await shows_key(house, citizen, case)
        assert "/comments" not in (await citizen.get(tracking)).text
        change = f"{tracking}/changes/bins"
        hidden = hidden_fields((await citizen.get(change)).text, change)
        answer = await citizen.post(f"{tracking}/comments", data=hidden | {"message": "Bonjour"})
        assert answer.status_code == 409


async def test_a_request_is_withdrawn_by_who_has_its_key(
    house: House, citizen: httpx.AsyncClient, case: str
) -> None:
    tracking = f"/tracking/{case}"
    await send(citizen, tracking, f"{tracking}/withdraw", {})
    assert (await house.case(case)).status == "closed"
    async with house.client() as stranger:
        for path in ("", "/changes", "/changes/bins"):
            answer = await stranger.get(tracking + path)
            assert answer.headers["location"] == f"/tracking?reference={case}"
        for path in ("/comments", "/withdraw", "/changes/bins"):
            assert (await stranger.post(tracking + path)).status_code == 303


@pytest.mark.parametrize("fulfilled", ["true", "false"])
async def test_what_a_procedure_says_at_its_end_is_said_of_what_came_to_it(
    house: House, camille: Browser, fulfilled: str
) -> None:
    words = {"label": {"fr": "Livré"}, "explanation": {"fr": "Les bacs ont été livrés."}}
    case = await filed(house, bins(statuses=[{"status": "closed", **words}]))
    desk = f"/agent/cases/{case}"
    assert "Les bacs ont été livrés." in await camille.page(desk)
    await camille.submit(desk, f"{desk}/close", fulfilled=fulfilled)
    async with house.client() as citizen:
        await shows_key(house, citizen, case)
        page = (await citizen.get(f"/tracking/{case}")).text
        assert ("Livré" in page, "Les bacs ont été livrés." in page) == (
            (True, True) if fulfilled == "true" else (False, False)
        )
        assert ("without what was asked for" in await camille.page(desk)) == (fulfilled == "false")
        await camille.submit(desk, f"{desk}/reopen")
        assert "Livré" in (await citizen.get(f"/tracking/{case}")).text


@pytest.mark.parametrize("visible", [True, False])
async def test_a_withdrawn_request_is_told_in_no_words_of_its_procedure(
    house: House, visible: bool
) -> None:
    done = {"label": {"fr": "Livré"}, "explanation": {"fr": "Les bacs ont été livrés."}}
    doing = {"label": {"fr": "Préparé"}, "explanation": {"fr": "Nous préparons les bacs."}}
    statuses = [
        {"status": "in_progress", **doing},
        {"status": "waiting", "visible": False, **doing},
        {"status": "closed", "visible": visible, **done},
    ]
    case = await filed(house, bins(statuses=statuses))
    tracking = f"/tracking/{case}"
    async with house.client() as citizen:
        await shows_key(house, citizen, case)
        await send(citizen, tracking, f"{tracking}/withdraw", {})
        page = (await citizen.get(tracking)).text
    assert "Vous avez retiré votre demande" in page
    assert not any(words in page for words in ("Livré", "livrés", "Préparé", "préparons"))
