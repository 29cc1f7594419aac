"""Every error is a problem-details document (RFC 9457) and tells nothing of our insides."""

import sqlite3

import httpx
import pytest
from sqlalchemy import text

from tests.agent_api.building import KARIM, House

ID = "0199a5b0-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/unheard", 404),
        ("GET", "/api/v1/", 404),
        ("GET", "/api/v2/cases", 404),
        ("GET", "/api/v1/cases/GU-0000-0000", 404),
        ("GET", f"/api/v1/cases/GU-0000-0000/documents/{ID}", 404),
        ("GET", f"/api/v1/intakes/{ID}", 404),
        ("GET", f"/api/v1/quarantine/{ID}/raw", 404),
        ("POST", f"/api/v1/quarantine/{ID}/retry", 404),
        ("DELETE", "/api/v1/cases", 405),
        ("PUT", "/api/v1/cases/GU-0000-0000", 405),
        ("POST", "/api/v1/cases", 405),
        ("GET", "/api/v1/intakes/nonsense", 422),
        ("GET", "/api/v1/cases?limit=x", 422),
        ("GET", f"/api/v1/cases/{'x' * 17}", 422),
        ("GET", "/api/v1/cases/..%2f..%2fetc", 404),
        ("GET", "/api/v1/cases/%00", 404),
        ("POST", "/api/v1/intakes", 422),
    ],
)
async def test_an_error_is_a_problem_document(
    program: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await program.request(method, path, headers={"accept": "text/html"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == "about:blank"
    assert problem["status"] == status
    assert problem["title"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_what_is_not_allowed_is_told_with_what_is(program: httpx.AsyncClient) -> None:
    answer = await program.delete("/api/v1/cases")
    assert answer.headers["allow"] == "GET"


async def test_a_role_that_does_not_suffice_is_told(house: House) -> None:
    async with await house.program(KARIM) as karim:
        answer = await karim.get("/api/v1/quarantine")
    assert answer.status_code == 403
    assert "reception" in answer.json()["detail"]


async def test_a_mistake_says_where_it_is_and_repeats_nothing(program: httpx.AsyncClient) -> None:
    answer = await program.post("/api/v1/cases/GU-1/notes", json={"text": 7, "secret": "hidden"})
    problem = answer.json()
    assert [error["where"] for error in problem["errors"]] == ["body.text", "body.secret"]
    for inside in ("hidden", "pydantic", "Traceback", "agent_api"):
        assert inside not in answer.text


async def test_a_store_that_is_locked_is_asked_again_later(
    house: House, program: httpx.AsyncClient
) -> None:
    reference = await house.open()
    async with house.town.database.begin() as session:  # the pragma is the connection's
        await session.execute(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(house.town.settings.data / "guichet.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = await program.post(f"/api/v1/cases/{reference}/claim")
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert "sqlite" not in answer.text.lower()
        assert (await program.get(f"/api/v1/cases/{reference}")).status_code == 200
    finally:
        other.close()
    assert (await program.post(f"/api/v1/cases/{reference}/claim")).status_code == 200


async def test_a_fault_of_ours_says_nothing_of_our_insides(house: House) -> None:
    token = await house.token()
    async with house.town.database.begin() as session:
        await session.execute(text("UPDATE agents SET roles = '[\"unheard\"]'"))
    transport = httpx.ASGITransport(app=house.app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get("/api/v1/cases", headers=headers)
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "about:blank",
        "title": "Internal Server Error",
        "status": 500,
    }
