import asyncio
import base64
import sqlite3
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from ingest.models import IntakeRow
from tests.agent_api.building import CAMILLE, KARIM, SAMIRA, House, until
from tests.builders import mail

INTAKES = "/api/v1/intakes"
CALL: dict[str, Any] = {
    "channel": "phone",
    "sender": {"name": "Jeanne Petit", "phone": "+33612345678", "trust": "verified"},
    "subject": "pothole",
    "text": "A hole in the street.",
}


def key(name: str = "call-1") -> dict[str, str]:
    return {"idempotency-key": name}


async def hand_in(program: httpx.AsyncClient, body: object, name: str = "call-1") -> str:
    answer = await program.post(INTAKES, json=body, headers=key(name))
    assert answer.status_code == 202, answer.text
    (intake_id,) = answer.json().values()
    return str(intake_id)


async def intakes(house: House) -> int:
    async with house.town.database.read() as session:
        return await session.scalar(select(func.count()).select_from(IntakeRow)) or 0


async def state(house: House, program: httpx.AsyncClient, intake_id: str) -> dict[str, Any]:
    """What the engine has made of it, once it has."""
    shown: dict[str, Any] = {}

    async def handled() -> bool:
        shown.update((await program.get(f"{INTAKES}/{intake_id}")).json())
        return bool(shown["state"] != "received")

    async with house.at_work():
        await until(handled)
    return shown


async def test_an_intake_is_received_then_filed(house: House, program: httpx.AsyncClient) -> None:
    pdf = base64.b64encode(b"%PDF").decode()
    attachment = {"name": "C:\\photos\\hole.pdf", "media_type": "application/pdf", "content": pdf}
    intake_id = await hand_in(program, CALL | {"attachments": [attachment]})
    assert (await program.get(f"{INTAKES}/{intake_id}")).json() == {
        "intake_id": intake_id,
        "state": "received",
        "reference": "",
        "received_at": "2026-03-09T12:00:00Z",
    }
    filed = await state(house, program, intake_id)
    assert filed["state"] == "filed"
    case = (await program.get(f"/api/v1/cases/{filed['reference']}")).json()
    assert (case["subject"], case["channel"], case["queue"]) == ("pothole", "phone", "voirie")
    assert case["sender"] == {
        "name": "Jeanne Petit",
        "address": "+33612345678",
        "trust": "verified",
    }
    (document,) = case["messages"][0]["documents"]
    assert (document["name"], document["size"]) == ("hole.pdf", 4)


async def test_a_mail_is_handed_in_as_it_is(house: House, program: httpx.AsyncClient) -> None:
    raw = mail(subject="pothole", text="A hole in the street.").as_bytes()
    headers = key() | {"content-type": "Message/RFC822; charset=utf-8"}
    answer = await program.post(INTAKES, content=raw, headers=headers)
    assert answer.status_code == 202
    filed = await state(house, program, answer.json()["intake_id"])
    case = (await program.get(f"/api/v1/cases/{filed['reference']}")).json()
    assert (case["channel"], case["sender"]["address"]) == ("email", "jeanne@citizens.example")
    assert case["sender"]["trust"] == "unverified"


async def test_the_same_handed_in_again_is_the_same_intake(
    house: House, program: httpx.AsyncClient
) -> None:
    ids = {await hand_in(program, CALL) for _ in range(2)}
    ids |= set(await asyncio.gather(*[hand_in(program, CALL) for _ in range(4)]))
    assert len(ids) == 1
    assert await intakes(house) == 1


@pytest.mark.parametrize("other", [CALL | {"text": "Another."}, CALL | {"channel": "counter"}])
async def test_the_key_of_another_intake_is_refused(
    house: House, program: httpx.AsyncClient, other: dict[str, Any]
) -> None:
    await hand_in(program, CALL)
    answer = await program.post(INTAKES, json=other, headers=key())
    assert (answer.status_code, answer.json()["where"]) == (422, "Idempotency-Key")
    assert await intakes(house) == 1


async def test_another_key_is_another_intake(house: House, program: httpx.AsyncClient) -> None:
    assert await hand_in(program, CALL) != await hand_in(program, CALL, "call-2")


async def test_what_cannot_be_read_is_quarantined(house: House, program: httpx.AsyncClient) -> None:
    intake_id = await hand_in(program, CALL)
    async with house.town.database.begin() as session:
        await session.execute(text("UPDATE intakes SET facts = '{}'"))  # nothing reads it now
    assert (await state(house, program, intake_id))["state"] == "quarantined"


@pytest.mark.parametrize(("who", "status"), [(CAMILLE, 202), (SAMIRA, 403), (KARIM, 403)])
async def test_intakes_are_handed_in_for_reception_and_administrators(
    house: House, who: str, status: int
) -> None:
    async with await house.program(who) as program:
        answer = await program.post(INTAKES, json=CALL, headers=key())
        assert answer.status_code == status
        unknown = "0199a5b0-0000-7000-8000-000000000000"
        asked = await program.get(f"{INTAKES}/{unknown}")
        assert asked.status_code == (404 if status == 202 else 403)


async def test_an_intake_wants_a_key(program: httpx.AsyncClient) -> None:
    answer = await program.post(INTAKES, json=CALL)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "header.idempotency-key"


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/jsonx", "multipart/mixed"])
async def test_only_json_and_mails_are_taken(program: httpx.AsyncClient, media_type: str) -> None:
    headers = key() | {"content-type": media_type}
    answer = await program.post(INTAKES, content=b"{}", headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("media_type", ["application/json", "message/rfc822"])
async def test_nothing_is_no_intake(
    house: House, program: httpx.AsyncClient, media_type: str
) -> None:
    headers = key() | {"content-type": media_type}
    answer = await program.post(INTAKES, content=b"", headers=headers)
    assert answer.status_code == 422
    assert await intakes(house) == 0


@pytest.mark.parametrize("media_type", ["application/json", "message/rfc822"])
async def test_what_is_too_large_is_refused_while_it_comes(
    house: House, program: httpx.AsyncClient, media_type: str
) -> None:
    headers = key() | {"content-type": media_type}
    body = b"x" * (2 * house.town.settings.max_upload + 1)
    answer = await program.post(INTAKES, content=body, headers=headers)
    assert answer.status_code == 413
    assert answer.json()["status"] == 413
    assert await intakes(house) == 0


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"channel": "pigeon"}, "body.channel"),
        ({"channel": None}, "body.channel"),
        ({"sender": {"address": "not an address"}}, "body.sender.address"),
        ({"sender": {"address": "a@b\r\nBcc: c@d"}}, "body.sender.address"),
        ({"sender": {"phone": "0612345678"}}, "body.sender.phone"),
        ({"sender": {"trust": "certain"}}, "body.sender.trust"),
        ({"sender": {"name": "x" * 201}}, "body.sender.name"),
        ({"subject": "x" * 999}, "body.subject"),
        ({"language": "french"}, "body.language"),
        ({"sent_at": "yesterday"}, "body.sent_at"),
        ({"sent_at": "2026-03-09T12:00:00"}, "body.sent_at"),
        ({"sent_at": 1e300}, "body.sent_at"),
        ({"sent_at": 1_700_000_000}, "body.sent_at"),
        ({"attachments": [{"name": "a", "content": "not base 64!"}]}, "body.attachments.0.content"),
        ({"attachments": [{"name": "a", "content": "YQ"}]}, "body.attachments.0.content"),
        (
            {"attachments": [{"name": "a", "media_type": "a/b\r\nc: d", "content": ""}]},
            "body.attachments.0.media_type",
        ),
        ({"recipients": ["a@b"] * 21}, "body.recipients"),
        ({"unheard": 1}, "body.unheard"),
    ],
)
async def test_a_mistake_is_told_at_once_with_its_place(
    house: House, program: httpx.AsyncClient, wrong: dict[str, Any], where: str
) -> None:
    answer = await program.post(INTAKES, json=CALL | wrong, headers=key())
    assert (answer.status_code, answer.json()["where"]) == (422, where)
    assert await intakes(house) == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        rb'{"channel": "phone", "text": "\ud800"}',
        rb'{"channel": "phone", "\ud800": 1}',
        b'{"channel": "phone", "sent_at": ' + b"9" * 10_000 + b"}",
    ],
)
async def test_a_body_that_is_no_intake_is_told(program: httpx.AsyncClient, body: bytes) -> None:
    headers = key() | {"content-type": "application/json"}
    answer = await program.post(INTAKES, content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("sent_at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
async def test_odd_values_are_filed_without_what_no_store_takes(
    house: House, program: httpx.AsyncClient, sent_at: str
) -> None:
    odd = {
        "channel": "counter",
        "sender": {"name": "Je\x00an\u202ene\r\nX: y"},
        "subject": "a\x00\x07b\r\nBcc: everybody@x.example",
        "text": "line\x00 one\r\nline two\ufeff " + "e\u0301" * 1_000,
        "sent_at": sent_at,
        "attachments": [{"name": "..\\..\\\u202eexe.pdf\x00", "content": ""}],
    }
    filed = await state(house, program, await hand_in(program, odd))
    assert filed["state"] == "filed"
    case = (await program.get(f"/api/v1/cases/{filed['reference']}")).json()
    assert case["subject"] == "ab Bcc: everybody@x.example"
    message = case["messages"][0]
    assert message["text"].startswith("line one\nline two é")
    assert message["documents"][0]["name"] == "exe.pdf"
    assert "\x00" not in str(case)


async def test_a_store_that_is_locked_says_later_and_keeps_nothing(
    house: House, program: httpx.AsyncClient
) -> None:
    async with house.town.database.begin() as session:  # the pragma is the connection's
        await session.execute(text("PRAGMA busy_timeout=50"))
    other = sqlite3.connect(house.town.settings.data / "guichet.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        answer = await program.post(INTAKES, json=CALL, headers=key())
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    finally:
        other.close()
    assert await intakes(house) == 0
    await hand_in(program, CALL)
