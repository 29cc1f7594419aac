from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from tests.agent_api.building import KARIM, Browser, House

ACTIONS: Mapping[str, Mapping[str, Any]] = {
    "replies": {"text": "On Monday."},
    "notes": {"text": "Called her."},
    "claim": {},
    "move": {"queue": "voirie"},
    "close": {"text": "All done."},
}
CREATES = {"replies", "notes"}


@pytest.fixture
async def case(house: House) -> str:
    """The address of an open case at version 1."""
    return f"/api/v1/cases/{await house.open()}"


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_action_answers_with_the_case_as_it_is_then(
    program: httpx.AsyncClient, case: str, action: str
) -> None:
    answer = await program.post(f"{case}/{action}", json=ACTIONS[action])
    assert answer.status_code == (201 if action in CREATES else 200)
    now = await program.get(case)
    assert answer.json() == now.json()
    assert answer.headers["etag"] == now.headers["etag"]


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_case_is_not_read_while_others_wait_to_write(
    house: House, program: httpx.AsyncClient, case: str, action: str
) -> None:
    written: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        written.append(statement)

    writer = house.town.database.writer.sync_engine
    event.listen(writer, "before_cursor_execute", note)
    try:
        answer = await program.post(f"{case}/{action}", json=ACTIONS[action])
    finally:
        event.remove(writer, "before_cursor_execute", note)
    assert answer.is_success
    assert any("INSERT INTO case_events" in statement for statement in written)
    reading = [statement for statement in written if statement.startswith("SELECT")]
    assert not any("messages.text" in statement for statement in reading)


async def test_a_reply_asks_for_documents(program: httpx.AsyncClient, case: str) -> None:
    asked = {"text": "Hello,", "wanted": ["Proof of address", "A photo"]}
    replied = (await program.post(f"{case}/replies", json=asked)).json()
    assert replied["wanted"] == asked["wanted"]
    assert "- Proof of address" in replied["messages"][-1]["text"]
    assert (await program.get(case)).json()["wanted"] == asked["wanted"]
    many = await program.post(f"{case}/replies", json={"text": "x", "wanted": ["x"] * 11})
    assert many.status_code == 422


async def test_a_reply_waits_for_the_citizen(program: httpx.AsyncClient, case: str) -> None:
    replied = (await program.post(f"{case}/replies", json={"text": " On Monday. "})).json()
    assert (replied["status"], replied["claimed_by"]) == ("waiting", "Camille Durand")
    message = replied["messages"][-1]
    assert (message["direction"], message["text"]) == ("out", "On Monday.")
    assert message["recipients"] == ["jeanne@citizens.example"]


async def test_a_case_is_closed_and_reopened(program: httpx.AsyncClient, case: str) -> None:
    assert (await program.post(f"{case}/close")).json()["status"] == "closed"
    assert (await program.post(f"{case}/close")).status_code == 409
    assert (await program.post(f"{case}/reopen")).json()["status"] == "new"
    assert (await program.post(f"{case}/reopen")).status_code == 409


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_version_in_the_body_must_be_the_one_it_has(
    house: House, program: httpx.AsyncClient, case: str, action: str
) -> None:
    await program.post(f"{case}/claim")
    before = (await program.get(case)).json()
    late = await program.post(f"{case}/{action}", json={**ACTIONS[action], "version": 1})
    assert late.status_code == 409
    assert late.json()["current"] == 2
    assert (await program.get(case)).json() == before
    in_time = await program.post(f"{case}/{action}", json={**ACTIONS[action], "version": 2})
    assert in_time.is_success


@pytest.mark.parametrize("action", ACTIONS)
async def test_if_match_must_be_the_etag_it_has(
    program: httpx.AsyncClient, case: str, action: str
) -> None:
    seen = (await program.get(case)).headers["etag"]
    await program.post(f"{case}/claim")
    late = await program.post(f"{case}/{action}", json=ACTIONS[action], headers={"if-match": seen})
    assert late.status_code == 412
    assert late.json()["current"] == 2
    now = (await program.get(case)).headers["etag"]
    in_time = await program.post(
        f"{case}/{action}", json=ACTIONS[action], headers={"if-match": now}
    )
    assert in_time.is_success


async def test_any_version_will_do_for_who_does_not_ask(
    program: httpx.AsyncClient, case: str
) -> None:
    for headers in ({}, {"if-match": "*"}):
        assert (await program.post(f"{case}/claim", headers=headers)).status_code == 200
    assert (await program.get(case)).json()["version"] == 3


@pytest.mark.parametrize("if_match", ["1", '"x"', '"1", "2"', '"12345678901"', ""])
async def test_an_etag_that_is_not_ours_is_told(
    program: httpx.AsyncClient, case: str, if_match: str
) -> None:
    answer = await program.post(f"{case}/claim", headers={"if-match": if_match})
    assert answer.status_code == 422


async def test_what_the_state_of_the_case_forbids_is_told(
    house: House, program: httpx.AsyncClient, case: str
) -> None:
    answer = await program.post(f"{case}/move", json={"queue": "mairie"})
    assert (answer.status_code, answer.json()["detail"]) == (
        409,
        "The case is in this queue already.",
    )
    call = await house.open(channel="phone", sender_address="", sender_phone="+33612345678")
    answer = await program.post(f"/api/v1/cases/{call}/replies", json={"text": "Hello"})
    assert answer.status_code == 409
    headers = {"if-match": '"1"'}  # which holds: it is no failed precondition
    answer = await program.post(f"{case}/reopen", headers=headers)
    assert answer.status_code == 409


@pytest.mark.parametrize(("if_match", "version"), [('"1"', 2), ('"2"', 1)])
async def test_of_two_versions_that_differ_one_does_not_hold(
    house: House, program: httpx.AsyncClient, case: str, if_match: str, version: int
) -> None:
    headers = {"if-match": if_match}
    answer = await program.post(f"{case}/claim", json={"version": version}, headers=headers)
    assert (answer.status_code, answer.json()["current"]) == (412, 1)
    assert (await house.case(case.rpartition("/")[2])).event_count == 1


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("replies", {}),
        ("replies", {"text": ""}),
        ("replies", {"text": " \n\t "}),
        ("replies", {"text": "\x00\x07"}),
        ("replies", {"text": "x" * 100_001}),
        ("replies", {"text": 7}),
        ("notes", {"text": None}),
        ("notes", {"text": "a", "unknown": 1}),
        ("move", {}),
        ("move", {"queue": "no-such-queue"}),
        ("move", {"queue": "\x00"}),
        ("close", {"text": "x" * 100_001}),
        ("claim", {"version": 0}),
        ("claim", {"version": -1}),
        ("claim", {"version": 2**31}),
        ("claim", {"version": "one"}),
        ("claim", {"version": 1.5}),
        ("claim", {"version": "1"}),
        ("claim", {"version": True}),
        ("claim", []),
        ("reopen", "text"),
    ],
)
async def test_what_makes_no_sense_is_told_and_nothing_done(
    house: House, program: httpx.AsyncClient, case: str, action: str, body: object
) -> None:
    answer = await program.post(f"{case}/{action}", json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem.get("where") or problem["errors"][0]["where"].startswith("body")
    assert (await house.case(case.rpartition("/")[2])).event_count == 1


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"version": ' + b"9" * 5_000 + b"}", b"[" * 100_000, b'{"version": NaN}'],
)
async def test_a_body_that_cannot_be_read_is_told(
    program: httpx.AsyncClient, case: str, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    answer = await program.post(f"{case}/claim", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_lone_surrogate_is_no_text(program: httpx.AsyncClient, case: str) -> None:
    headers = {"content-type": "application/json"}
    for body in (rb'{"text": "\ud800"}', rb'{"text": "a", "\ud800": 1}'):
        answer = await program.post(f"{case}/notes", content=body, headers=headers)
        assert answer.status_code == 422


@pytest.mark.parametrize("action", [*ACTIONS, "reopen"])
async def test_nobody_acts_on_a_case_that_they_may_not_see(
    house: House, case: str, action: str
) -> None:
    async with await house.program(KARIM) as karim:
        answer = await karim.post(f"{case}/{action}", json=ACTIONS.get(action, {}))
    assert answer.status_code == 404
    assert (await house.case(case.rpartition("/")[2])).event_count == 1


async def test_who_hands_a_case_on_is_answered_and_sees_it_no_more(house: House) -> None:
    case = f"/api/v1/cases/{await house.open('voirie')}"
    async with await house.program(KARIM) as karim:
        answer = await karim.post(f"{case}/move", json={"queue": "mairie"})
        assert (answer.status_code, answer.json()["queue"]) == (200, "mairie")
        assert (await karim.get(case)).status_code == 404
        assert (await karim.post(f"{case}/claim")).status_code == 404


async def test_the_desk_and_the_api_know_of_each_other(
    house: House, program: httpx.AsyncClient, camille: Browser, case: str
) -> None:
    await program.post(f"{case}/notes", json={"text": "By a program."})
    assert "By a program." in await camille.page(case.replace("/api/v1", "/agent"))
