import re

import httpx
import pytest
from sqlalchemy import update

from agent_api import describe_api
from cases.agents import AgentRow
from tests.agent_api.building import BASE, Browser, House

ROUTES = [
    ("GET", "/cases"),
    ("GET", "/queues"),
    ("GET", "/cases/{reference}"),
    ("GET", "/cases/{reference}/documents/{id}"),
    ("POST", "/cases/{reference}/claim"),
    ("POST", "/cases/{reference}/move"),
    ("POST", "/cases/{reference}/notes"),
    ("POST", "/cases/{reference}/replies"),
    ("POST", "/cases/{reference}/close"),
    ("POST", "/cases/{reference}/reopen"),
    ("POST", "/intakes"),
    ("GET", "/intakes/{id}"),
    ("GET", "/quarantine"),
    ("GET", "/quarantine/{id}/raw"),
    ("POST", "/quarantine/{id}/retry"),
    ("POST", "/quarantine/{id}/file"),
]
ID = "0199a5b0-0000-7000-8000-000000000000"


def challenge(answer: httpx.Response) -> str:
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_every_route_wants_a_token(house: House, method: str, path: str) -> None:
    url = "/api/v1" + path.format(reference=await house.open(), id=ID)
    async with house.client() as nobody:
        assert challenge(await nobody.request(method, url)) == "Bearer"


def test_the_list_of_routes_above_is_whole() -> None:
    described = {
        (method.upper(), re.sub(r"{\w+_id}", "{id}", path))
        for path, operations in describe_api()["paths"].items()
        for method in operations
    }
    assert described == set(ROUTES)


@pytest.mark.parametrize(
    ("authorization", "told"),
    [
        ("Bearer guichet_made-up", 'Bearer error="invalid_token"'),
        ("Bearer \xe9", 'Bearer error="invalid_token"'),
        ("Bearer", "Bearer"),
        ("Basic Y2FtaWxsZTpzZWNyZXQ=", "Bearer"),
        ("", "Bearer"),
    ],
)
async def test_what_is_no_token_of_ours_opens_nothing(
    house: House, authorization: str, told: str
) -> None:
    async with house.client() as client:
        headers = [(b"authorization", authorization.encode("latin-1"))]
        request = client.build_request("GET", f"{BASE}/api/v1/cases", headers=headers)
        assert challenge(await client.send(request)) == told


async def test_a_session_cookie_does_not_open_the_api(house: House, camille: Browser) -> None:
    challenge(await camille.get("/api/v1/cases"))
    cookie = "; ".join(f"{name}={value}" for name, value in camille.client.cookies.items())
    challenge(await house.client(cookie=cookie).get("/api/v1/cases"))


async def test_a_token_does_not_open_the_desk(program: httpx.AsyncClient) -> None:
    assert (await program.get("/agent/")).status_code == 303


async def test_the_token_of_an_agent_who_has_left_opens_nothing(
    house: House, program: httpx.AsyncClient
) -> None:
    assert (await program.get("/api/v1/cases")).status_code == 200
    async with house.town.database.begin() as session:
        await session.execute(update(AgentRow).values(active=False))
    challenge(await program.get("/api/v1/cases"))


async def test_the_description_is_open_to_everybody(house: House) -> None:
    answer = await house.client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json()["info"]["title"] == "Guichet"
