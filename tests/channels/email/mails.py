"""Raw mails in every shape, for the tests of the e-mail channel."""

import struct
from base64 import b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from channels.email.normalize import normalize
from ingest.intake import Intake
from ingest.message import ChannelName, Message

FACTS: dict[str, Any] = {
    "client": "127.0.0.1",
    "helo": "client.example",
    "mail_from": "zoe@exemple.example",
    "recipients": ["mairie@demo.example"],
}
HEADERS = (
    "From: Zoe <zoe@exemple.example>",
    "To: mairie@demo.example",
    "Subject: Nid-de-poule",
    "Date: Tue, 24 Nov 2026 09:30:00 +0100",
    "Message-ID: <1@exemple.example>",
    "MIME-Version: 1.0",
)


def intake(raw: bytes, **facts: Any) -> Intake:
    return Intake(
        id=UUID(int=1),
        channel=ChannelName.EMAIL,
        key="k",
        raw=raw,
        facts={**FACTS, **facts},
        received_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
    )


def read(raw: bytes, **facts: Any) -> Message:
    return normalize(intake(raw, **facts))


def mail(body: bytes | str, *fields: str, base: tuple[str, ...] = HEADERS) -> bytes:
    """A mail; a field given replaces the usual one of its name."""
    names = {field.partition(":")[0].lower() for field in fields}
    kept = [field for field in base if field.partition(":")[0].lower() not in names]
    head = "\r\n".join([*kept, *fields]).encode("utf-8", "surrogateescape")
    content = body.encode() if isinstance(body, str) else body
    return head + b"\r\n\r\n" + content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def text(body: str, charset: str = "utf-8", *, written_in: str = "", **extra: str) -> bytes:
    """A plain text; ``written_in`` is the charset that it really is in."""
    fields = [f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: 8bit"]
    return mail(body.encode(written_in or charset), *fields, *_fields(extra))


def part(content: bytes | str, kind: str, *fields: str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    head = "\r\n".join([f"Content-Type: {kind}", *fields]).encode("utf-8", "surrogateescape")
    return head + b"\r\n\r\n" + data


def file(content: bytes, kind: str, *fields: str) -> bytes:
    return part(b64encode(content), kind, "Content-Transfer-Encoding: base64", *fields)


def multipart(kind: str, *parts: bytes, boundary: str = "limit") -> bytes:
    """The content of a multipart with its own Content-Type field, to be a part or a mail."""
    lines = [b"--%s\r\n%s\r\n" % (boundary.encode(), one) for one in parts]
    head = f'Content-Type: {kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(lines) + b"--%s--\r\n" % boundary.encode()


def of_parts(content: bytes, *fields: str) -> bytes:
    """A mail of what ``multipart`` makes."""
    names = {field.partition(":")[0].lower() for field in fields}
    kept = [field for field in HEADERS if field.partition(":")[0].lower() not in names]
    return "\r\n".join([*kept, *fields]).encode() + b"\r\n" + content


def winmail(body: str, *files: tuple[str, bytes]) -> bytes:
    """A winmail.dat with a plain body and files (MS-OXTNEF)."""
    data = b"\x78\x9f\x3e\x22\x00\x00"
    data += tnef_object(1, 0x9006, 8, struct.pack("<I", 0x10000))
    data += tnef_object(1, 0x9007, 6, struct.pack("<II", 1252, 0))
    if body:
        data += tnef_object(1, 0x800C, 2, body.encode("cp1252") + b"\0")
    for name, content in files:
        data += tnef_object(2, 0x9002, 6, b"\0" * 14)
        data += tnef_object(2, 0x8010, 1, name.encode("cp1252") + b"\0")
        data += tnef_object(2, 0x800F, 6, content)
    return data


def tnef_object(level: int, name: int, kind: int, content: bytes) -> bytes:
    head = struct.pack("<BHHI", level, name, kind, len(content))
    return head + content + struct.pack("<H", sum(content) & 0xFFFF)


def _fields(extra: dict[str, str]) -> list[str]:
    return [f"{name.replace('_', '-')}: {value}" for name, value in extra.items()]
