from uuid import UUID

import pytest
from sqlalchemy import select

from cases import CaseRow
from core.ids import new_id
from ingest.models import DocumentRow
from tests.agent_api.building import CAMILLE, KARIM, SAMIRA, Browser, House, hidden_fields, until
from tests.agent_api.quarantined import LATER, item, mend, quarantine_one, until_quarantined

LIST = "/agent/quarantine"


@pytest.fixture
async def item_id(house: House) -> UUID:
    return await quarantine_one(house, mail_from="jeanne@citizens.example", recipients=["a", "b"])


async def cases(house: House) -> list[CaseRow]:
    async with house.town.database.read() as session:
        return list((await session.scalars(select(CaseRow))).all())


async def a_case(house: House) -> CaseRow:
    async def there() -> bool:
        return bool(await cases(house))

    async with house.at_work():
        await until(there)
    (case,) = await cases(house)
    return case


async def test_an_empty_quarantine_says_so(camille: Browser) -> None:
    assert "Nothing is in quarantine" in await camille.page(LIST)


async def test_the_list_tells_what_came_and_why_it_could_not_be_handled(
    camille: Browser, item_id: UUID
) -> None:
    page = await camille.page(LIST)
    assert f'href="{LIST}/{item_id}"' in page
    assert "jeanne@citizens.example" in page
    assert "a, b" in page
    assert "not from the telephone" in page
    assert "1 try" in page


async def test_an_item_shows_all_that_is_known_of_it(camille: Browser, item_id: UUID) -> None:
    page = await camille.page(f"{LIST}/{item_id}")
    assert "normalize" in page
    assert "not from the telephone" in page
    assert "guichet.intake.received.v1" in page


async def test_the_raw_is_downloaded_as_it_came_and_that_is_written_down(
    house: House, camille: Browser, item_id: UUID
) -> None:
    answer = await camille.get(f"{LIST}/{item_id}/raw")
    assert answer.content == LATER
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] == "application/octet-stream"
    (row,) = await house.trail("quarantine.read")
    assert (row.agent_id, row.object_id) == (house.agents[CAMILLE], str(item_id))


async def test_a_retry_is_handled_by_the_engine_once_the_cause_is_gone(
    house: House, camille: Browser, item_id: UUID
) -> None:
    await mend(house)
    answer = await camille.submit(f"{LIST}/{item_id}", f"{LIST}/{item_id}/retry")
    assert "It is being tried again." in await camille.page(answer.headers["location"])
    case = await a_case(house)
    assert (case.subject, case.channel) == ("pothole", "phone")
    assert "Nothing is in quarantine" in await camille.page(LIST)


async def test_what_fails_again_comes_back_with_its_tries_counted(
    house: House, camille: Browser, item_id: UUID
) -> None:
    await camille.submit(f"{LIST}/{item_id}", f"{LIST}/{item_id}/retry")
    row = await item(house, item_id)
    assert row.resolution == "retried"
    assert row.intake_id is not None
    async with house.at_work():
        await until_quarantined(house, row.intake_id)
    assert (await item(house, item_id)).attempts == 2
    assert "2 tries" in await camille.page(LIST)


async def test_filing_by_hand_makes_a_case_with_the_raw_as_its_document(
    house: House, camille: Browser, item_id: UUID
) -> None:
    answer = await camille.submit(
        f"{LIST}/{item_id}", f"{LIST}/{item_id}/file", subject="  A call of\nJeanne "
    )
    assert "It is being filed" in await camille.page(answer.headers["location"])
    case = await a_case(house)
    assert (case.subject, case.sender_address) == ("A call of Jeanne", "jeanne@citizens.example")
    async with house.town.database.read() as session:
        document = (await session.scalars(select(DocumentRow))).one()
    content = await camille.get(f"/agent/cases/{case.reference}/documents/{document.id}")
    assert content.content == LATER
    assert document.size == len(LATER)
    (row,) = await house.trail("quarantine.filed")
    assert row.object_id == str(item_id)


async def test_what_is_large_is_filed_whole(house: House, camille: Browser) -> None:
    raw = LATER + b" " * 100_000
    item_id = await quarantine_one(house, raw)
    await camille.submit(f"{LIST}/{item_id}", f"{LIST}/{item_id}/file", subject="A long call")
    case = await a_case(house)
    async with house.town.database.read() as session:
        document = (await session.scalars(select(DocumentRow))).one()
    content = await camille.get(f"/agent/cases/{case.reference}/documents/{document.id}")
    assert content.content == raw


async def test_filing_by_hand_wants_a_subject(
    house: House, camille: Browser, item_id: UUID
) -> None:
    answer = await camille.submit(f"{LIST}/{item_id}", f"{LIST}/{item_id}/file", subject=" \n ")
    assert answer.status_code == 422
    assert "Give the case a subject." in answer.text
    assert (await item(house, item_id)).resolved_at is None


@pytest.mark.parametrize("action", ["retry", "file"])
async def test_what_somebody_has_resolved_already_is_not_there_any_more(
    camille: Browser, item_id: UUID, action: str
) -> None:
    url = f"{LIST}/{item_id}/{action}"
    fields = hidden_fields(await camille.page(f"{LIST}/{item_id}"), url) | {"subject": "A call"}
    assert (await camille.send(url, fields)).status_code == 303
    assert (await camille.send(url, fields)).status_code == 404
    assert (await camille.get(f"{LIST}/{item_id}")).status_code == 404
    assert (await camille.get(f"{LIST}/{item_id}/raw")).status_code == 404


@pytest.mark.parametrize("action", ["retry", "file"])
async def test_a_form_of_another_site_does_nothing(
    house: House, camille: Browser, item_id: UUID, action: str
) -> None:
    answer = await camille.send(f"{LIST}/{item_id}/{action}", {"subject": "evil"})
    assert answer.status_code == 403
    assert (await item(house, item_id)).resolved_at is None


async def test_the_quarantine_is_for_reception_and_administrators(
    house: House, item_id: UUID
) -> None:
    samira, karim = await house.browser(SAMIRA), await house.browser(KARIM)
    for path in ("", f"/{item_id}", f"/{item_id}/raw"):
        assert (await samira.get(LIST + path)).status_code == 200
        assert (await karim.get(LIST + path)).status_code == 403
    fields = hidden_fields(await karim.page("/agent/"), "/agent/logout")
    for action in ("retry", "file"):
        answer = await karim.send(f"{LIST}/{item_id}/{action}", fields | {"subject": "mine"})
        assert answer.status_code == 403
    assert (await item(house, item_id)).resolved_at is None


async def test_an_item_that_never_was_is_not_there(camille: Browser) -> None:
    assert (await camille.get(f"{LIST}/{new_id()}")).status_code == 404
    assert (await camille.get(f"{LIST}/nonsense")).status_code == 422
