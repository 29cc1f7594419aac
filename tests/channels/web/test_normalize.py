"""The contact form's normalizer: what it makes of good forms, and that it survives the others."""

import base64
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channels.web.normalize import normalize
from channels.web.submission import File, Submission
from core.errors import BadInput
from ingest.intake import Intake
from ingest.message import ChannelName, Message, Trust

RECEIVED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FACTS = {"region": "FR", "locale": "fr", "reference": "GU-0000-0000"}


def intake(raw: bytes, **facts: Any) -> Intake:
    return Intake(
        id=UUID(int=1),
        channel=ChannelName.WEB,
        key="k",
        raw=raw,
        facts={**FACTS, **facts},
        received_at=RECEIVED,
    )


def read(submission: Submission, **facts: Any) -> Message:
    return normalize(intake(submission.raw(), **facts))


def test_a_submission_becomes_a_message_with_its_promised_reference() -> None:
    message = read(
        Submission(
            subject="Nid-de-poule",
            message="Rue de l'Église,\r\ndevant le n° 4.",
            name="Zoé Müller",
            email="Zoe@Exemple.FR",
            phone="06 12 34 56 78",
        )
    )
    assert message.channel == ChannelName.WEB
    assert message.subject == "Nid-de-poule"
    assert message.text == "Rue de l'Église,\ndevant le n° 4."
    assert message.sender.name == "Zoé Müller"
    assert message.sender.address == "zoe@exemple.fr"
    assert message.sender.phone == "+33612345678"
    assert message.sender.trust == Trust.UNVERIFIED
    assert message.reference == "GU-0000-0000"
    assert message.language == "fr"
    assert message.sent_at == RECEIVED


def test_without_an_email_the_number_is_the_address() -> None:
    sender = read(Submission("s", "m", phone="01 23 45 67 89")).sender
    assert (sender.address, sender.phone) == ("+33123456789", "")


def test_a_number_with_its_country_code_needs_no_region() -> None:
    sender = read(Submission("s", "m", phone="+49 30 901820"), region="FR").sender
    assert sender.address == "+4930901820"


def test_what_cannot_be_read_is_noted_for_the_agent_and_not_lost() -> None:
    message = read(Submission("s", "m", email="nobody at home", phone="12"))
    assert message.sender.address == ""
    assert message.notes == (
        "not an e-mail address: nobody at home",
        "not a telephone number: 12",
    )


def test_files_come_out_byte_for_byte() -> None:
    content = bytes(range(256)) * 3
    [attachment] = read(
        Submission("s", "m", files=[File("a.pdf", "application/pdf", content)])
    ).attachments
    assert (attachment.name, attachment.media_type) == ("a.pdf", "application/pdf")
    assert attachment.content == content


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        (r"C:\Users\Zoé\Mes documents\plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..", "attachment-1"),
        ("", "attachment-1"),
        ("a/", "a"),
        ("fac\u202efdp.exe", "facfdp.exe"),
        ("é\x00\n .pdf", "é .pdf"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_file_name_is_a_name_and_no_path(given_name: str, name: str) -> None:
    [attachment] = read(Submission("s", "m", files=[File(given_name, "", b"x")])).attachments
    assert attachment.name == name


@pytest.mark.parametrize(
    ("declared", "name", "media_type"),
    [
        ("image/PNG; foo=bar", "x", "image/png"),
        ("application/octet-stream", "plan.pdf", "application/pdf"),
        ("nonsense", "plan.pdf", "application/pdf"),
        ("text/html\r\nX-Evil: 1", "x.unknown-kind", "application/octet-stream"),
        ("", "x", "application/octet-stream"),
    ],
)
def test_a_media_type_is_well_formed(declared: str, name: str, media_type: str) -> None:
    [attachment] = read(Submission("s", "m", files=[File(name, declared, b"x")])).attachments
    assert attachment.media_type == media_type


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b'{"subject": 3}',
        b'{"attachments": {}}',
        b'{"attachments": ["x"]}',
        b'{"attachments": [{"name": "x", "content": "not base64!"}]}',
        b'{"attachments": [{"name": "x", "content": "\xc3\xa9"}]}',
        b"[" * 100_000,
        b'{"subject": ' + b"1" * 10_000 + b"}",
    ],
)
def test_what_is_no_form_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(BadInput):
        normalize(intake(raw))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ANY_TEXT = st.text(st.characters(codec=None))
FORMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("subject", "message", "name", "email", "phone"), ANY_TEXT | JSON),
        "attachments": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "name": ANY_TEXT,
                    "media_type": ANY_TEXT,
                    "content": st.binary().map(lambda b: base64.b64encode(b).decode()) | ANY_TEXT,
                },
            ),
            max_size=3,
        )
        | JSON,
    },
)


@settings(max_examples=500, deadline=None)
@given(form=FORMS | JSON, facts=st.dictionaries(st.sampled_from([*FACTS, "x"]), JSON))
@example(form={"phone": "+" + "1" * 5000, "email": "a@" + "b." * 2000}, facts={})
@example(form={"email": "a@[::1]", "phone": "tel:+33612345678;ext=" + "9" * 300}, facts={})
@example(form={"subject": "\ud800", "message": "\x00", "email": "é@é.fr"}, facts={"region": "??"})
def test_any_form_becomes_a_storable_message_or_is_refused(
    form: object, facts: dict[str, Any]
) -> None:
    try:
        message = normalize(intake(json.dumps(form).encode(), **facts))
    except BadInput:
        return
    for text in (message.subject, message.text, message.sender.name, message.sender.address):
        text.encode()
        assert "\x00" not in text
    assert "\n" not in message.subject
    for attachment in message.attachments:
        assert attachment.name
        assert "/" not in attachment.name


@settings(max_examples=200, deadline=None)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_message_or_are_refused(raw: bytes) -> None:
    with suppress(BadInput):
        normalize(intake(raw))


@given(
    texts=st.tuples(*[st.text()] * 5),
    files=st.lists(st.builds(File, st.text(), st.text(), st.binary()), max_size=3),
)
def test_the_raw_form_is_canonical(
    texts: tuple[str, str, str, str, str], files: list[File]
) -> None:
    raw = Submission(*texts, files=files).raw()
    assert raw == Submission(*texts, files=files).raw()
    assert json.loads(raw)["message"] == texts[1]
    assert len(normalize(intake(raw)).attachments) == len(files)
