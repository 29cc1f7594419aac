"""``Idempotency-Key``: done once, and answered each time."""

import asyncio

import httpx
import pytest
from sqlalchemy import func, select

from agent_api.models import AnswerRow
from tests.agent_api.building import KARIM, House

ONCE = {"idempotency-key": "a-key-of-mine"}


@pytest.fixture
async def case(house: House) -> str:
    return f"/api/v1/cases/{await house.open('voirie')}"


async def events(house: House, case: str) -> int:
    return (await house.case(case.rpartition("/")[2])).event_count


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("replies", {"text": "On Monday."}),
        ("notes", {"text": "Called."}),
        ("claim", None),
        ("move", {"queue": "mairie"}),
        ("close", {"text": "Done.", "version": 1}),
    ],
)
async def test_what_is_asked_twice_is_done_once_and_answered_alike(
    house: House, program: httpx.AsyncClient, case: str, action: str, body: object
) -> None:
    first = await program.post(f"{case}/{action}", json=body, headers=ONCE)
    again = await program.post(f"{case}/{action}", json=body, headers=ONCE)
    assert first.is_success
    assert again.status_code == first.status_code
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert await events(house, case) == 2


async def test_who_asks_again_is_answered_with_the_case_as_it_is_now(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    body = {"text": "On Monday."}
    first = await program.post(f"{case}/replies", json=body, headers=ONCE)
    await program.post(f"{case}/close")
    again = await program.post(f"{case}/replies", json=body, headers=ONCE)
    now = await program.get(case)
    assert (first.status_code, first.json()["status"]) == (201, "waiting")
    assert (again.status_code, again.json()) == (201, now.json())
    assert again.headers["etag"] == now.headers["etag"] != first.headers["etag"]


async def test_who_handed_the_case_on_is_answered_once_and_reads_no_more_of_it(
    house: House, case: str
) -> None:
    async with await house.program(KARIM) as karim:
        first, again = [
            await karim.post(f"{case}/move", json={"queue": "mairie"}, headers=ONCE)
            for _ in range(2)
        ]
    assert (first.status_code, first.json()["queue"]) == (200, "mairie")
    assert again.status_code == 404
    assert await events(house, case) == 2


async def test_what_is_kept_says_no_more_than_which_case_it_was(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    await program.post(f"{case}/claim", headers=ONCE)
    async with house.town.database.read() as session:
        kept = (await session.scalars(select(AnswerRow))).one()
    reference = case.rpartition("/")[2]
    assert kept.content == {"reference": reference, "version": 2, "status": "in_progress"}


async def test_without_a_key_it_is_done_each_time(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    for _ in range(2):
        await program.post(f"{case}/notes", json={"text": "Called."})
    assert await events(house, case) == 3


@pytest.mark.parametrize(
    ("action", "body"),
    [("notes", {"text": "Something else."}), ("replies", {"text": "Called."})],
)
async def test_the_key_of_another_request_is_refused(
    house: House, program: httpx.AsyncClient, case: str, action: str, body: object
) -> None:
    await program.post(f"{case}/notes", json={"text": "Called."}, headers=ONCE)
    other = await program.post(f"{case}/{action}", json=body, headers=ONCE)
    assert (other.status_code, other.json()["where"]) == (422, "Idempotency-Key")
    assert await events(house, case) == 2


async def test_two_at_once_do_it_once(house: House, program: httpx.AsyncClient, case: str) -> None:
    asked = [
        program.post(f"{case}/replies", json={"text": "On Monday."}, headers=ONCE) for _ in range(5)
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await events(house, case) == 2


async def test_what_was_refused_may_be_asked_again_with_the_same_key(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    await program.post(f"{case}/claim")
    body = {"text": "On Monday."}
    late = await program.post(f"{case}/replies", json=body, headers=ONCE | {"if-match": '"1"'})
    assert late.status_code == 412
    again = await program.post(f"{case}/replies", json=body, headers=ONCE | {"if-match": '"2"'})
    assert again.status_code == 201


async def test_keys_belong_to_their_agent(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    await program.post(f"{case}/notes", json={"text": "Mine."}, headers=ONCE)
    async with await house.program(KARIM) as karim:
        theirs = await karim.post(f"{case}/notes", json={"text": "Theirs."}, headers=ONCE)
    assert theirs.status_code == 201
    assert await events(house, case) == 3


async def test_an_answer_is_forgotten_after_a_day(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    await program.post(f"{case}/notes", json={"text": "Called."}, headers=ONCE)
    house.clock.advance(hours=24, seconds=1)
    await program.post(f"{case}/notes", json={"text": "Once more."}, headers=ONCE)
    assert await events(house, case) == 3
    async with house.town.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(AnswerRow)) == 1


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "é"])
async def test_a_key_is_up_to_255_visible_characters(
    house: House, program: httpx.AsyncClient, case: str, key: str
) -> None:
    headers = httpx.Headers([(b"idempotency-key", key.encode("latin-1"))])
    answer = await program.post(f"{case}/notes", json={"text": "a"}, headers=headers)
    assert answer.status_code == 422
    assert await events(house, case) == 1
