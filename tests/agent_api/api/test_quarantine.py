from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from cases import CaseRow
from tests.agent_api.building import CAMILLE, KARIM, SAMIRA, House, until
from tests.agent_api.quarantined import LATER, item, mend, quarantine_one

QUARANTINE = "/api/v1/quarantine"


@pytest.fixture
async def item_id(house: House) -> UUID:
    return await quarantine_one(house, mail_from="jeanne@citizens.example")


async def a_case(house: House) -> CaseRow:
    async def there() -> bool:
        async with house.town.database.read() as session:
            return await session.scalar(select(CaseRow)) is not None

    async with house.at_work():
        await until(there)
    async with house.town.database.read() as session:
        return (await session.scalars(select(CaseRow))).one()


async def test_an_item_has_exactly_this_shape(
    house: House, program: httpx.AsyncClient, item_id: UUID
) -> None:
    (shown,) = (await program.get(QUARANTINE)).json()["items"]
    error = shown.pop("error")
    assert "not from the telephone" in error
    assert shown == {
        "id": str(item_id),
        "consumer": "normalize",
        "channel": "phone",
        "intake_id": str((await item(house, item_id)).intake_id),
        "facts": {"mail_from": "jeanne@citizens.example"},
        "attempts": 1,
        "quarantined_at": "2026-03-09T12:00:00Z",
        "can_be_filed": True,
    }


async def test_the_raw_is_downloaded_as_it_came_and_that_is_written_down(
    house: House, program: httpx.AsyncClient, item_id: UUID
) -> None:
    answer = await program.get(f"{QUARANTINE}/{item_id}/raw")
    assert answer.content == LATER
    assert answer.headers["content-type"] == "application/octet-stream"
    (row,) = await house.trail("quarantine.read")
    assert (row.agent_id, row.object_id) == (house.agents[CAMILLE], str(item_id))


async def test_a_retry_is_handled_by_the_engine(
    house: House, program: httpx.AsyncClient, item_id: UUID
) -> None:
    await mend(house)
    assert (await program.post(f"{QUARANTINE}/{item_id}/retry")).status_code == 204
    assert (await a_case(house)).subject == "pothole"
    assert (await program.get(QUARANTINE)).json() == {"items": []}


async def test_filing_makes_a_case_of_it(
    house: House, program: httpx.AsyncClient, item_id: UUID
) -> None:
    body = {"subject": "A call"}
    assert (await program.post(f"{QUARANTINE}/{item_id}/file", json=body)).status_code == 204
    reference = (await a_case(house)).reference
    case = (await program.get(f"/api/v1/cases/{reference}")).json()
    assert case["subject"] == "A call"
    (document,) = case["messages"][0]["documents"]
    assert document["size"] == len(LATER)


@pytest.mark.parametrize(
    "body", [{}, {"subject": " "}, {"subject": "x" * 201}, {"subject": "\x00"}]
)
async def test_filing_wants_a_subject(
    house: House, program: httpx.AsyncClient, item_id: UUID, body: dict[str, str]
) -> None:
    answer = await program.post(f"{QUARANTINE}/{item_id}/file", json=body)
    assert answer.status_code == 422
    assert (await item(house, item_id)).resolved_at is None


@pytest.mark.parametrize(("who", "status"), [(CAMILLE, 200), (SAMIRA, 200), (KARIM, 403)])
async def test_the_quarantine_is_for_reception_and_administrators(
    house: House, item_id: UUID, who: str, status: int
) -> None:
    async with await house.program(who) as program:
        assert (await program.get(QUARANTINE)).status_code == status
        assert (await program.get(f"{QUARANTINE}/{item_id}/raw")).status_code == status
        if status == 403:
            for action in ("retry", "file"):
                answer = await program.post(
                    f"{QUARANTINE}/{item_id}/{action}", json={"subject": "mine"}
                )
                assert answer.status_code == 403
            assert (await item(house, item_id)).resolved_at is None


@pytest.mark.parametrize("second", ["retry", "file"])
async def test_what_is_resolved_is_not_there_any_more(
    program: httpx.AsyncClient, item_id: UUID, second: str
) -> None:
    body = {"subject": "A call"}
    assert (await program.post(f"{QUARANTINE}/{item_id}/file", json=body)).status_code == 204
    assert (await program.post(f"{QUARANTINE}/{item_id}/{second}", json=body)).status_code == 404
