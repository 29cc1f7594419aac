"""The hook: what it takes, what it refuses, and that the same again changes nothing."""

from itertools import permutations
from typing import Any

import pytest

from core.metrics import REFUSED
from tests.agent_api.building import House
from tests.channels.cti.exchange import (
    CITIZEN,
    KARIMS,
    VOIRIE,
    calls,
    event,
    later,
    post,
    tell,
)
from tests.locking import locked

WHOLE = (
    event("started", at=0, extension="201"),
    event("answered", at=5, extension="201"),
    event("transferred", at=30, extension=KARIMS),
    event("ended", at=65),
)


def refused(reason: str) -> float:
    return float(REFUSED.labels("phone", reason)._value.get())


async def test_a_call_is_one_record(connected: House) -> None:
    await tell(connected, *WHOLE)
    (call,) = await calls(connected)
    assert (call.caller, call.callee, call.state, call.seconds) == (CITIZEN, VOIRIE, "ended", 60)
    assert call.started_at == later(0)
    assert call.queue_id == connected.queues["voirie"].id
    assert call.agent_id == connected.agents["karim@demo.example"]


async def test_the_order_in_which_events_come_makes_no_difference(connected: House) -> None:
    orders = list(permutations(WHOLE))
    for number, order in enumerate(orders):
        for one in (*order, order[0]):  # and one of them comes twice
            await tell(connected, {**one, "call": f"call-{number:02}"})
    found = {
        (one.state, one.started_at, one.seconds, one.extension, one.agent_id, one.queue_id)
        for one in await calls(connected)
    }
    assert len(orders) == 24
    assert len(found) == 1


async def test_the_same_event_again_changes_nothing(connected: House) -> None:
    await tell(connected, *WHOLE)
    (before,) = await calls(connected)
    await tell(connected, *WHOLE, *reversed(WHOLE))
    (after,) = await calls(connected)
    assert after.version == before.version


async def test_of_an_unknown_call_is_kept_what_is_known(connected: House) -> None:
    await tell(
        connected, {"event": "ended", "call": "never heard of", "time": later(0).isoformat()}
    )
    (call,) = await calls(connected)
    assert (call.state, call.caller, call.callee, call.message_id) == ("missed", "", "", None)


async def test_two_exchanges_may_call_their_calls_alike(connected: House) -> None:
    await tell(connected, event("started"), event("started", exchange="annex"))
    assert [call.exchange for call in await calls(connected)] == ["pbx", "annex"]


async def test_a_withheld_number_is_none(connected: House) -> None:
    await tell(connected, event("started", caller="anonymous", callee="0199001002"))
    (call,) = await calls(connected)
    assert (call.caller, call.callee) == ("", VOIRIE)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body"),
        (event("exploded"), "body.event"),
        (event("started", call=""), "body.call"),
        (event("started", call="\x00\x01"), "body.call"),
        (event("started", call="x" * 129), "body.call"),
        (event("started", extension="2 01"), "body.extension"),
        (event("started", extention="201"), "body.extention"),
        ({**event("started"), "time": "yesterday"}, "body.time"),
        ({**event("started"), "time": "2026-03-09T12:00:00"}, "body.time"),
        ({**event("started"), "time": 1773057600}, "body.time"),
        ({**event("started"), "time": "0001-01-01T00:00:00+14:00"}, "body.time"),
        ({**event("started"), "time": "9999-12-31T23:59:59-12:00"}, "body.time"),
    ],
)
async def test_what_is_no_event_is_refused_with_its_place(
    house: House, body: dict[str, Any] | bytes, where: str
) -> None:
    before = refused("unreadable")
    answer = await post(house, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["where"] == where
    assert refused("unreadable") == before + 1
    assert await calls(house) == []


async def test_a_body_that_is_too_large_is_not_read(house: House) -> None:
    assert (await post(house, b" " * 20_000)).status_code == 413


async def test_who_has_no_secret_is_refused_and_counted(house: House) -> None:
    before = refused("signature")
    answer = await post(house, event("started"), secret="a secret of somebody else")
    assert answer.status_code == 403
    assert answer.json()["status"] == 403
    assert refused("signature") == before + 1
    assert await calls(house) == []


async def test_the_hooks_describe_themselves(house: House) -> None:
    async with house.client() as client:
        document = (await client.get("/hooks/openapi.json")).json()
    assert "post" in document["paths"]["/hooks/cti/call-events"]


async def test_while_the_store_is_locked_an_event_is_to_be_sent_again(connected: House) -> None:
    async with locked(connected.town.database):
        answer = await post(connected, event("started"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert await calls(connected) == []
    await tell(connected, event("started"))
