import hashlib
from typing import Any

import httpx
import pytest

from tests.agent_api.building import KARIM, House

CASES = "/api/v1/cases"


async def listed(program: httpx.AsyncClient, **query: str | int) -> list[str]:
    answer = await program.get(CASES, params=query)
    assert answer.status_code == 200, answer.text
    return [item["subject"] for item in answer.json()["items"]]


async def test_a_list_has_exactly_this_shape(house: House, program: httpx.AsyncClient) -> None:
    reference = await house.open("voirie", subject="Hole", text="There is\na hole.")
    assert (await program.get(CASES)).json() == {
        "items": [
            {
                "reference": reference,
                "subject": "Hole",
                "channel": "email",
                "queue": "voirie",
                "status": "new",
                "sender": {
                    "name": "Jeanne",
                    "address": "jeanne@citizens.example",
                    "trust": "unverified",
                },
                "excerpt": "There is a hole.",
                "claimed_by": "",
                "received_at": "2026-03-09T12:00:00Z",
                "due_at": None,
                "version": 1,
            }
        ],
        "next": None,
    }


async def test_an_empty_list_is_a_list(program: httpx.AsyncClient) -> None:
    assert (await program.get(CASES)).json() == {"items": [], "next": None}


async def test_lists_are_filtered_as_the_inbox_is(house: House, program: httpx.AsyncClient) -> None:
    await house.open(subject="by mail", text="La grille de l'école")
    await house.open("voirie", subject="by web", channel="web")
    assert await listed(program) == ["by web", "by mail"]
    assert await listed(program, queue="voirie") == ["by web"]
    assert await listed(program, channel="email") == ["by mail"]
    assert await listed(program, q="ECOLE") == ["by mail"]
    assert await listed(program, status="closed") == []
    assert await listed(program, status="open") == ["by web", "by mail"]


async def test_pages_follow_each_other_by_their_cursors(
    house: House, program: httpx.AsyncClient
) -> None:
    for number in range(5):
        await house.open(subject=str(number))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await program.get(CASES, params={"limit": 2, "cursor": cursor})).json()
        seen += [item["subject"] for item in page["items"]]
        cursor = page["next"]
    assert seen == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "nonsense"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"status": "unheard"},
        {"channel": "pigeon"},
        {"q": "x" * 501},
    ],
)
async def test_a_query_that_makes_no_sense_is_refused(
    program: httpx.AsyncClient, query: dict[str, str]
) -> None:
    answer = await program.get(CASES, params=query)
    assert answer.status_code == 422
    (where,) = query
    problem = answer.json()
    assert where in (problem.get("where") or problem["errors"][0]["where"])


async def test_a_case_has_exactly_this_shape(house: House, program: httpx.AsyncClient) -> None:
    reference = await house.open(
        subject="Hole", text="There is a hole.", quoted="> before", html="<p>There is a hole.</p>"
    )
    document = await house.attach(reference, b"%PDF")
    await house.add_page(document, "read in it")
    message = await house.first_message(reference)
    answer = await program.get(f"{CASES}/{reference}")
    assert answer.headers["etag"] == '"1"'
    sender = {"name": "Jeanne", "address": "jeanne@citizens.example", "trust": "unverified"}
    assert answer.json() == {
        "reference": reference,
        "subject": "Hole",
        "channel": "email",
        "queue": "mairie",
        "status": "new",
        "sender": sender,
        "excerpt": "There is a hole.",
        "claimed_by": "",
        "received_at": "2026-03-09T12:00:00Z",
        "due_at": None,
        "version": 1,
        "messages": [
            {
                "id": str(message.id),
                "direction": "in",
                "channel": "email",
                "sender": sender,
                "recipients": ["mairie@demo.example"],
                "subject": "Hole",
                "text": "There is a hole.",
                "quoted": "> before",
                "html": "<p>There is a hole.</p>",
                "automatic": "no",
                "authentication": None,
                "joined_by": "opening",
                "received_at": "2026-03-09T12:00:00Z",
                "details": {},
                "letter": None,
                "notes": [],
                "documents": [
                    {
                        "id": str(document),
                        "name": "plan.pdf",
                        "media_type": "application/pdf",
                        "malware": "",
                        "size": 4,
                        "sha256": hashlib.sha256(b"%PDF").hexdigest(),
                        "reading": "read",
                        "pages": 1,
                        "text": "read in it",
                    }
                ],
            }
        ],
        "events": [
            {
                "sequence": 1,
                "kind": "opened",
                "at": "2026-03-09T12:00:00Z",
                "actor": "Jeanne",
                "message_id": str(message.id),
                "data": {"queue": "mairie"},
            }
        ],
        "deliveries": [],
        "wanted": [],
    }


async def test_a_caller_without_an_address_is_known_by_their_number(
    house: House, program: httpx.AsyncClient
) -> None:
    reference = await house.open(channel="phone", sender_address="", sender_phone="+33612345678")
    case = (await program.get(f"{CASES}/{reference}")).json()
    assert case["sender"]["address"] == "+33612345678"
    assert case["messages"][0]["sender"]["address"] == "+33612345678"
    (line,) = (await program.get(CASES)).json()["items"]
    assert line["sender"] == case["sender"]


async def test_a_case_of_another_queue_looks_like_one_that_does_not_exist(house: House) -> None:
    reference = await house.open("mairie", subject="private")
    async with await house.program(KARIM) as karim:
        hidden = await karim.get(f"{CASES}/{reference}")
        missing = await karim.get(f"{CASES}/GU-0000-0000")
        assert (await karim.get(CASES, params={"status": "any"})).json()["items"] == []
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()


async def test_an_agent_reads_their_queues(house: House, program: httpx.AsyncClient) -> None:
    await house.open("voirie")
    roads: dict[str, Any] = {"slug": "voirie", "name": "Voirie", "open": 1, "new": 1}
    hall = {"slug": "mairie", "name": "Accueil", "open": 0, "new": 0}
    assert (await program.get("/api/v1/queues")).json() == {"items": [hall, roads]}
    async with await house.program(KARIM) as karim:
        assert (await karim.get("/api/v1/queues")).json() == {"items": [roads]}


async def test_a_document_is_downloaded_and_that_is_written_down(
    house: House, program: httpx.AsyncClient
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"%PDF", name="plan.pdf")
    answer = await program.get(f"{CASES}/{reference}/documents/{document}")
    assert answer.content == b"%PDF"
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    (row,) = await house.trail("document.read")
    assert (row.object_id, row.details["document"]) == (reference, str(document))


async def test_a_document_of_another_queue_is_not_there(house: House) -> None:
    reference = await house.open("mairie")
    document = await house.attach(reference, b"secret")
    async with await house.program(KARIM) as karim:
        answer = await karim.get(f"{CASES}/{reference}/documents/{document}")
    assert answer.status_code == 404
    assert await house.trail("document.read") == []
