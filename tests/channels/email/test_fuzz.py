"""6,100 hostile mails: each becomes a message that can be stored, and always the same one."""

import re
from datetime import UTC
from pathlib import Path

from hypothesis import HealthCheck, given, settings

from core.errors import BadInput
from ingest.message import Message
from tests.channels.email.hostile import (
    damaged_winmails,
    hostile_bytes,
    hostile_headers,
    hostile_trees,
    mutations,
)
from tests.channels.email.mails import read

DATA = Path(__file__).parent / "data"
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e]")
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
ACTIVE = re.compile(r"<\s*(script|style|iframe|form|object)|<[^>]*\son\w+=", re.IGNORECASE)


def examples(count: int) -> settings:
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@examples(1000)
@given(hostile_bytes())
def test_random_bytes_become_messages(raw: bytes) -> None:
    check(raw)


@examples(800)
@given(hostile_headers())
def test_random_headers_become_messages(raw: bytes) -> None:
    check(raw)


@examples(2500)
@given(hostile_trees())
def test_random_trees_of_parts_become_messages(raw: bytes) -> None:
    check(raw)


@examples(1300)
@given(mutations(DATA))
def test_mutations_of_good_mails_become_messages(raw: bytes) -> None:
    check(raw)


@examples(500)
@given(damaged_winmails())
def test_damaged_winmails_become_messages(raw: bytes) -> None:
    check(raw)


def check(raw: bytes) -> None:
    try:
        message = read(raw)
    except BadInput:
        assert not raw.strip(b" \t\r\n\0")
        return
    assert read(raw) == message
    for words in texts_of(message):
        assert not NOT_STORABLE.search(words)
    for line in (message.subject, message.sender.name, message.message_id, *message.notes):
        assert not CONTROL.search(line)
    for attachment in message.attachments:
        assert not re.search(r"[/\\]", attachment.name)
        assert not CONTROL.search(attachment.name)
        assert attachment.name.strip(". ")
        assert re.fullmatch(r"[^/\s]+/[^/\s]+", attachment.media_type)
        assert not attachment.inline or attachment.content_id
    assert not ACTIVE.search(message.html or "")
    assert message.sender.address == message.sender.address.lower()
    assert message.sent_at is None or message.sent_at.astimezone(UTC).year >= 1980


def texts_of(message: Message) -> list[str]:
    """Every text field, at whatever depth."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                walk(inner)

    walk(message.model_dump())
    return found
