"""Whatever Twilio may have signed: it is kept, passed over or put aside, and never our fault."""

from contextlib import suppress
from random import Random

import pytest

from channels.telephony.normalize import normalize
from core.errors import BadInput
from ingest.normalization import Normalized, enter_message, intake_of
from tests.channels.telephony.building import JEANNE, Exchange
from tests.channels.telephony.test_voice import set_up
from tests.locking import locked
from tests.postgresql import on_sqlite

VOICE = "/hooks/twilio/voice"
PATHS = [
    "/hooks/twilio/sms",
    "/hooks/twilio/status",
    "/hooks/twilio/status?delivery=nobody",
    "/hooks/twilio/status?delivery=00000000-0000-0000-0000-000000000000",
    *(
        f"{VOICE}/{page}"
        for page in (
            "menu",
            "menu?lang=fr&attempt=999999",
            "choice?lang=xx",
            "dialed?queue=nowhere",
            "message",
            "recorded?queue=%00",
            "recording",
            "tracking?attempt=%C2%B2",
            "reference",
            "key?pressed=%FF%FE",
            "transcription",
            "status",
        )
    ),
]
NAMES = [
    "AccountSid",
    "Body",
    "CallDuration",
    "CallSid",
    "CallStatus",
    "CallerName",
    "DialCallStatus",
    "Digits",
    "ErrorCode",
    "From",
    "MediaContentType0",
    "MediaUrl0",
    "MessageSid",
    "MessageStatus",
    "NumMedia",
    "OptOutType",
    "RecordingDuration",
    "RecordingSid",
    "RecordingStatus",
    "RecordingUrl",
    "Timestamp",
    "To",
    "TranscriptionStatus",
    "TranscriptionText",
    "queue",
]
VALUES = [
    "",
    "0",
    "-1",
    "²",
    "9" * 400,
    "\x00",
    "a\x00b",
    "\r\n\r\nX: y",
    "x" * 5_000,
    "\ufeff\u202e\U0010ffff",
    "<Response><Hangup/></Response>",
    "completed",
    "STOP",
    "START",
    "anonymous",
    "+266696687",
    "+33639980001",
    "sip:someone@example.org",
    "client:jeanne",
    "0612345678",
    "SM1",
    "CA1",
    "http://169.254.169.254/latest",
    "10",
    "no-answer",
    "voirie",
]


async def test_nothing_that_is_signed_is_answered_with_a_fault(exchange: Exchange) -> None:
    chance = Random(20260309)
    await set_up(exchange, hours="24/7", number="+33380000000")
    async with exchange.line() as line:
        for number in range(300):
            path = PATHS[number % len(PATHS)]
            fields = {name: chance.choice(VALUES) for name in chance.sample(NAMES, k=12)}
            answer = await line.post(path, **fields)
            assert answer.status_code in (200, 204), (path, fields, answer.text)
    assert await exchange.intakes()
    await readable(exchange)


async def readable(exchange: Exchange) -> None:
    """Each becomes a message that the store takes, or goes to quarantine with a reason."""
    for row in await exchange.intakes():
        async with exchange.database.read() as session:
            raw = await exchange.blobs.read(session, row.raw_sha256)
        with suppress(BadInput):
            intake = intake_of(row, raw)
            message = normalize(intake)
            async with exchange.database.begin() as session:
                await enter_message(session, exchange.blobs, Normalized(intake, message, (), ()))


@on_sqlite
@pytest.mark.parametrize("path", ["/hooks/twilio/sms", f"{VOICE}/menu", f"{VOICE}/status"])
async def test_while_the_store_is_locked_it_is_to_be_sent_again_and_nothing_is_kept(
    exchange: Exchange, path: str
) -> None:
    fields = {"MessageSid": "SM1", "CallSid": "CA1", "From": JEANNE, "CallStatus": "busy"}
    async with exchange.line() as line, locked(exchange.database):
        answer = await line.post(path, **fields)
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
    assert await exchange.intakes() == []
    async with exchange.line() as line:
        assert (await line.post(path, **fields)).status_code in (200, 204)
