"""The test mails of Python's own ``email`` package: old, odd and broken ones among them."""

import re
from email import message_from_bytes
from email.message import Message as Mail
from pathlib import Path

import pytest

from ingest.message import Message
from tests.channels.email.mails import read

PYTHONS_OWN = sorted((Path(__file__).parent / "data").glob("msg_*.txt"))
ONLY_HEADERS = "msg_18.txt"  # fields of its own alone: no sender, no subject and no text
ALL = pytest.mark.parametrize("path", PYTHONS_OWN, ids=lambda path: path.name)
TAG = re.compile(rb"<title>.*?</title>|<[^>]*>", re.IGNORECASE)
WORD = re.compile(rb"[A-Za-z0-9]{3,}")


def test_all_of_them_are_here() -> None:
    assert len(PYTHONS_OWN) == 48


@ALL
def test_they_become_messages(path: Path) -> None:
    message = read(path.read_bytes())
    said = message.text or message.subject or message.attachments or message.sender.name
    assert bool(said) == (path.name != ONLY_HEADERS)


@ALL
def test_no_word_of_theirs_is_lost(path: Path) -> None:
    """Compared with how Python itself reads them."""
    raw = path.read_bytes()
    found = _words(_everything(read(raw)))
    for part in message_from_bytes(raw).walk():
        assert _words(TAG.sub(b" ", _content(part))) <= found


@ALL
def test_the_files_in_them_are_whole(path: Path) -> None:
    raw = path.read_bytes()
    contents = [attachment.content for attachment in read(raw).attachments]
    for part in message_from_bytes(raw).walk():
        if part.get_content_maintype() in ("image", "audio", "application"):
            assert any(_content(part).strip() in content for content in contents)


def _content(part: Mail) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _everything(message: Message) -> bytes:
    texts = [message.text, message.quoted, message.html or ""]
    contents = [attachment.content for attachment in message.attachments]
    return b"\n".join([*(text.encode() for text in texts), *contents])


def _words(content: bytes) -> set[bytes]:
    return set(WORD.findall(content))
