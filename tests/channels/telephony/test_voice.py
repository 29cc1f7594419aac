"""A call: its menu, its voicemail, and tracking by the keypad."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from cases.telephone import QueueLineRow
from core.keypad import keypad, keypad_of_reference
from core.references import tracking_key
from tests.builders import little_town
from tests.channels.telephony.building import SECRET, Exchange, opened
from tests.postgresql import on_sqlite

MENU = "/hooks/twilio/voice/menu"


async def set_up(exchange: Exchange, *, hours: str = "", number: str = "") -> UUID:
    """Key 1 is for the roads."""
    async with exchange.database.begin() as session:
        queue = (await little_town(session)).queues["voirie"]
        session.add(
            QueueLineRow(
                queue_id=queue.id,
                key="1",
                names={"fr": "la voirie", "en": "the roads"},
                opening_hours=hours,
                transfer_to=number,
            )
        )
    return queue.id


async def test_the_menu_is_spoken_in_two_languages(exchange: Exchange) -> None:
    await set_up(exchange)
    async with exchange.line() as line:
        french = await line.call(MENU)
        assert "Pour la voirie, tapez 1." in french.words
        assert "For English, press 9." in french.words
        english = await line.call(french.verb("Gather")["action"], Digits="9")
    assert "For the roads, press 1." in english.words
    assert english.languages == {"en-GB", "fr-FR"}


@on_sqlite
async def test_who_presses_nothing_may_leave_a_message(exchange: Exchange) -> None:
    await set_up(exchange)
    async with exchange.line() as line:
        heard = await line.call(MENU)
        for _ in range(3):
            heard = await line.call(heard.verb("Redirect")["text"])
        heard = await line.call(heard.verb("Redirect")["text"])
    assert heard.has("Record")


@on_sqlite
async def test_a_wrong_key_is_asked_again(exchange: Exchange) -> None:
    await set_up(exchange)
    async with exchange.line() as line:
        assert (await line.call("/hooks/twilio/voice/choice?lang=fr", Digits="5")).has("Gather")


@on_sqlite
async def test_a_call_is_put_through_while_the_queue_is_open(exchange: Exchange) -> None:
    await set_up(exchange, hours="Mo-Fr 08:30-17:00;PH off", number="+33380000000")
    choice = "/hooks/twilio/voice/choice?lang=fr"
    async with exchange.line() as line:
        heard = await line.call(choice, Digits="1")  # Monday at one in the afternoon
        assert heard.verb("Dial")["text"] == "+33380000000"
        dialed = heard.verb("Dial")["action"]
        assert (await line.call(dialed, DialCallStatus="no-answer")).has("Record")
        assert (await line.call(dialed, DialCallStatus="completed")).has("Hangup")
        exchange.clock.now = datetime(2026, 12, 25, 12, tzinfo=UTC)  # Christmas is a Friday
        assert (await line.call(choice, Digits="1")).has("Record")


async def test_a_voicemail_is_one_message_however_often_it_is_told(exchange: Exchange) -> None:
    await set_up(exchange)
    recording = {
        "RecordingSid": "RE1",
        "RecordingUrl": "https://api.twilio.com/Recordings/RE1",
        "RecordingDuration": "7",
    }
    async with exchange.line() as line:
        record = (await line.call("/hooks/twilio/voice/choice?lang=fr", Digits="1")).verb("Record")
        told = {"CallSid": line.sid, "From": "+33639980001", "To": "+33199000000"} | recording
        beside = await line.post(
            record["recordingStatusCallback"], RecordingStatus="completed", **told
        )
        assert beside.status_code == 204
        assert "Merci" in (await line.call(record["action"], **recording)).words
        words = {"TranscriptionStatus": "completed", "TranscriptionText": "Un trou."}
        for _ in range(2):
            answer = await line.post(record["transcribeCallback"], **told, **words)
            assert answer.status_code == 204
    voice, text = await exchange.messages()
    assert (voice.subject, voice.details["queue"]) == ("Message vocal", "voirie")
    assert voice.details["seconds"] == 7
    assert voice.details["media"] == "audio/x-wav https://api.twilio.com/Recordings/RE1.wav"
    assert text.text == "Un trou."
    # Whichever comes first opens the case, and the other finds it.
    assert text.in_reply_to[-1] == voice.message_id
    assert voice.in_reply_to[-1] == text.message_id


@on_sqlite
async def test_silence_is_no_message(exchange: Exchange) -> None:
    async with exchange.line() as line:
        await line.post("/hooks/twilio/voice/recording", RecordingStatus="absent")
    assert await exchange.intakes() == []


async def track(exchange: Exchange, reference: str, key: str) -> str:
    async with exchange.line() as line:
        asked = await line.call("/hooks/twilio/voice/choice?lang=fr", Digits="8")
        asked = await line.call(asked.verb("Gather")["action"], Digits=reference)
        assert "clé de suivi" in asked.words
        return (await line.call(asked.verb("Gather")["action"], Digits=key)).words


async def test_reference_and_key_typed_on_the_keypad_tell_where_a_request_stands(
    exchange: Exchange,
) -> None:
    _, _, reference = await opened(exchange.database)
    pressed, key = keypad_of_reference(reference), keypad(tracking_key(SECRET, reference))
    assert "personne ne la traite encore" in await track(exchange, pressed, key)
    wrong = await track(exchange, pressed, "111111111111")
    assert "Nous ne trouvons pas" in wrong
    assert await track(exchange, "11111111", key) == wrong


@on_sqlite
async def test_whoever_guesses_is_stopped(exchange: Exchange) -> None:
    _, _, reference = await opened(exchange.database)
    pressed, key = keypad_of_reference(reference), keypad(tracking_key(SECRET, reference))
    for _ in range(6):
        await track(exchange, pressed, "111111111111")
    last = await track(exchange, pressed, key)
    assert "Nous ne trouvons pas" in last
    assert "Au revoir" in last


@pytest.mark.parametrize(("code", "pressed"), [("GU-7K3M-9QX1", "48753697 91"), ("abz", "229")])
def test_letters_stand_on_the_keys_as_on_every_telephone(code: str, pressed: str) -> None:
    assert keypad(code) == pressed.replace(" ", "")
