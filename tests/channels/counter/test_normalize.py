import json
from typing import Any

import pytest

from channels.counter.form import CounterForm
from channels.counter.normalize import normalize
from core.errors import BadInput
from core.ids import new_id
from ingest.intake import Intake
from ingest.message import Attachment, ChannelName, Message, Trust
from tests.builders import NOON

FIELDS = {
    "origin": "phone",
    "name": " Jeanne  Petit ",
    "phone": "06 12 34 56 78",
    "postal_address": "12 rue des Lilas\r\n\r\n 57000  Metz ",
    "identity": "known",
    "subject": "Lampadaire",
    "text": "Il est éteint.\r\nDepuis lundi.",
    "queue": "voirie",
    "language": "fr",
    "allow_sms": "1",
}


def intake(raw: bytes, channel: ChannelName = ChannelName.COUNTER) -> Intake:
    facts = {"form": "counter", "region": "FR", "by": "Camille", "reference": "GU-7K3M-92XB"}
    return Intake(new_id(), channel, "key", raw, facts, NOON)


def message(files: tuple[Attachment, ...] = (), **fields: str) -> Message:
    return normalize(intake(CounterForm.read(FIELDS | fields, files).raw()))


def test_a_form_becomes_a_message_with_who_filed_it_and_how_they_know_the_citizen() -> None:
    said = message()
    assert (said.sender.name, said.sender.address) == ("Jeanne Petit", "+33612345678")
    assert said.sender.trust is Trust.VOUCHED
    assert said.text == "Il est éteint.\nDepuis lundi."
    assert said.details == {
        "by": "Camille",
        "identity": "known",
        "citizen": "",
        "postal": "12 rue des Lilas\n57000 Metz",
        "asked": "email sms",
        "allowed": "sms",
        "queue": "voirie",
    }


def test_who_only_says_who_they_are_is_unverified() -> None:
    assert message(identity="word").sender.trust is Trust.UNVERIFIED
    assert message(identity="anything else").sender.trust is Trust.UNVERIFIED


def test_an_email_address_is_how_we_answer_and_the_number_is_kept_beside_it() -> None:
    sender = message(email="Jeanne@Example.org").sender
    assert (sender.address, sender.phone) == ("jeanne@example.org", "+33612345678")


def test_files_come_along() -> None:
    card = Attachment(name="C:\\carte.jpg", media_type="image/jpeg", content=b"\xff\xd8\xff")
    (found,) = message((card,)).attachments
    assert (found.name, found.media_type, found.content) == (
        *("carte.jpg", "image/jpeg", b"\xff\xd8\xff"),
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b'{"fields":{},"citizen":[]}',
        b'{"fields":{"text":1},"citizen":{}}',
        b'{"fields":{},"citizen":{"id":"1"}}',
        b'{"fields":{},"citizen":{},"attachments":[{"content":"?"}]}',
    ],
)
def test_what_no_counter_form_leaves_is_bad_input(raw: bytes) -> None:
    with pytest.raises(BadInput):
        normalize(intake(raw))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, []),
        ({"name": ""}, ["name"]),
        ({"phone": "12", "email": "x"}, ["email", "phone"]),
        ({"allow_email": "1"}, ["email"]),
        ({"phone": ""}, ["phone"]),  # no SMS without a number
        ({"subject": "", "text": " "}, ["subject", "text"]),
        ({"postal_address": "\n".join("123456")}, ["postal_address"]),
    ],
)
def test_mistakes_name_their_fields(fields: dict[str, str], wrong: list[str]) -> None:
    form = CounterForm.read(FIELDS | fields, ())
    assert [one.field for one in form.mistakes("FR", str)] == wrong


def test_the_same_form_is_the_same_bytes() -> None:
    shuffled: dict[str, Any] = dict(reversed(FIELDS.items()))
    assert CounterForm.read(FIELDS, ()).raw() == CounterForm.read(shuffled, ()).raw()
    assert json.loads(CounterForm.read(FIELDS, ()).raw())["fields"]["subject"] == "Lampadaire"
