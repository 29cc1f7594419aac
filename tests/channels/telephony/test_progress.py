"""How a call goes on stands in the town's record of calls, in whatever order Twilio tells it."""

import asyncio
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import permutations

import pytest
from sqlalchemy import select

from cases import CaseEventRow
from cases.calls import missed_name
from cases.models import CallRow, QueueRow
from channels.cti import CallLinks
from core.ids import new_id
from ingest.events import CaseChanged, new_event
from ingest.models import MessageRow, StreamRow
from tests.builders import NOON
from tests.channels.telephony.building import ACCOUNT, JEANNE, Exchange, Line, opened
from tests.channels.telephony.test_voice import MENU, set_up
from tests.postgresql import on_sqlite

CHOICE = "/hooks/twilio/voice/choice?lang=fr"
STATUS = "/hooks/twilio/voice/status"
STATUSES: list[tuple[str, float, dict[str, str]]] = [
    ("ringing", 0, {}),
    ("in-progress", 5, {}),
    ("completed", 65, {"CallDuration": "60"}),
]


async def status(line: Line, given: str, at: float, **more: str) -> int:
    moment = format_datetime(NOON + timedelta(seconds=at))
    of_call = {"CallSid": line.sid, "From": JEANNE, "To": ACCOUNT.number}
    fields = of_call | {"CallStatus": given, "Timestamp": moment} | more
    return (await line.post(STATUS, **fields)).status_code


async def the_call(exchange: Exchange) -> CallRow:
    async with exchange.database.read() as session:
        return (await session.scalars(select(CallRow))).one()


async def test_a_call_is_known_from_its_first_page_with_the_queue_that_was_chosen(
    exchange: Exchange,
) -> None:
    await set_up(exchange, hours="24/7", number="+33380000000")
    async with exchange.line() as line:
        await line.call(MENU, CallStatus="ringing")
        assert (await the_call(exchange)).state == "ringing"
        await line.call(CHOICE, Digits="1")
        await status(line, "completed", 40, CallDuration="30")
    call = await the_call(exchange)
    assert (call.exchange, call.caller, call.callee) == ("twilio", JEANNE, ACCOUNT.number)
    assert (call.state, call.seconds, call.extension) == ("ended", 30, "+33380000000")
    async with exchange.database.read() as session:
        queue = await session.get_one(QueueRow, call.queue_id)
    assert queue.slug == "voirie"


@on_sqlite
@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_of_statuses_makes_no_difference(
    exchange: Exchange, order: tuple[int, ...]
) -> None:
    async with exchange.line() as line:
        for number in order * 2:  # each comes twice
            given, at, more = STATUSES[number]
            assert await status(line, given, at, **more) == 204
    call = await the_call(exchange)
    assert (call.state, call.seconds) == ("ended", 60)
    assert call.started_at == NOON


async def test_statuses_at_once_make_one_call(exchange: Exchange) -> None:
    async with exchange.line() as line:
        told = [status(line, given, at, **more) for given, at, more in STATUSES * 3]
        assert set(await asyncio.gather(*told)) == {204}
    assert (await the_call(exchange)).seconds == 60


@on_sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {"CallSid": ""},
        {"CallSid": "CA1", "CallStatus": "dreaming"},
        {"CallSid": "../../etc", "CallStatus": "completed"},
        {"CallSid": "C" * 400, "CallStatus": "completed"},
    ],
)
async def test_what_is_of_no_call_changes_nothing(
    exchange: Exchange, fields: dict[str, str]
) -> None:
    async with exchange.line() as line:
        assert (await line.post(STATUS, **fields)).status_code == 204
    async with exchange.database.read() as session:
        assert (await session.scalars(select(CallRow))).all() == []


@on_sqlite
@pytest.mark.parametrize(
    "more",
    [
        {"CallDuration": "²"},
        {"CallDuration": "9" * 500},
        {"CallDuration": "-5", "Timestamp": "yesterday"},
        {"Timestamp": "Mon, 01 Jan 0001 00:00:00 +2359", "From": "anonymous", "To": "\x00"},
        {"Timestamp": "Fri, 31 Dec 9999 23:59:59 -2359", "From": "+266696687"},
    ],
)
async def test_strange_values_are_passed_over(exchange: Exchange, more: dict[str, str]) -> None:
    async with exchange.line() as line:
        assert await status(line, "completed", 0, **more) == 204
    assert (await the_call(exchange)).ended_at == NOON


async def test_the_length_lands_on_the_case_of_the_voicemail(exchange: Exchange) -> None:
    """Whichever is first: the end of the call, or the message in its case."""
    async with exchange.line() as line:
        await status(line, "completed", 30, CallDuration="25")
    call = await the_call(exchange)
    case_id, message, reference = await opened(
        exchange.database, channel="phone", details={"call": str(call.id)}
    )
    changed = CaseChanged(
        case_id=case_id, reference=reference, sequence=1, change="opened", message_id=message.id
    )
    event = new_event(changed, key=case_id, id=new_id(), time=NOON)
    links = CallLinks(exchange.database, _later)
    for _ in range(2):
        prepared = await links.prepare([event])
        async with exchange.database.begin() as session:
            await links.handle(event, session, prepared)
    async with exchange.database.read() as session:
        query = select(CaseEventRow).where(CaseEventRow.kind == "call_ended")
        (ended,) = await session.scalars(query)
    assert (ended.case_id, ended.data["seconds"]) == (case_id, 25)
    assert (await the_call(exchange)).case_id == case_id


@pytest.mark.parametrize("order", ["told late", "told in time", "no voicemail"])
async def test_a_call_that_was_put_through_and_not_taken_is_missed_unless_it_left_a_voicemail(
    exchange: Exchange, order: str
) -> None:
    await set_up(exchange, hours="24/7", number="+33380000000")
    recording = {"RecordingSid": "RE1", "RecordingUrl": "https://api.twilio.com/Recordings/RE1"}
    async with exchange.line() as line:
        await line.call(MENU, CallStatus="ringing")
        dial = (await line.call(CHOICE, Digits="1")).verb("Dial")
        record = (await line.call(dial["action"], DialCallStatus="no-answer")).verb("Record")
        if order == "told in time":
            await line.call(record["action"], **recording)
        await status(line, "completed", 40, CallDuration="35")
        if order == "told late":
            assert (await the_call(exchange)).state == "missed"
            await line.call(record["action"], **recording)
    call = await the_call(exchange)
    assert call.state == ("missed" if order == "no voicemail" else "ended")
    async with exchange.database.read() as session:
        left = (await session.scalars(select(MessageRow))).all()
        published = (await session.scalars(select(StreamRow.stream))).all()
    assert [row.rfc_message_id for row in left] == (
        [] if order == "told in time" else [missed_name(call.id)]
    )
    assert published.count("message.normalized") == len(left)
    if order == "told late":  # the voicemail comes to the case of the missed call
        (voice,) = await exchange.messages()
        assert left[0].rfc_message_id in voice.in_reply_to


def _later(at: datetime) -> datetime:
    return at + timedelta(days=1)
