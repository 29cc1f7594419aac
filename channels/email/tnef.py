"""winmail.dat: what Outlook makes of a mail in its rich text format (MS-OXTNEF).

The library reads texts, HTML and files; the compressed RTF body stays in the file.
"""

import logging
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message as Mail
from typing import Any

from channels.email.charsets import decode

MEDIA_TYPES = ("application/ms-tnef", "application/vnd.ms-tnef")
_SIGNATURE = b"\x78\x9f\x3e\x22"
_HEADER = struct.Struct("<BHHI")  # level, name, type, length
MAX_WORK = 4_000_000_000  # bytes that the library may copy: it copies the rest at every object
# What the library is known to raise over damaged data; it checks nothing beforehand.
_DAMAGED = (
    ArithmeticError, AssertionError, AttributeError, LookupError, NameError, RecursionError,
    TypeError, ValueError, struct.error,
)  # fmt: skip


logging.getLogger("tnefparse").setLevel(logging.CRITICAL)  # it logs what strangers sent


@dataclass(frozen=True, slots=True)
class Winmail:
    text: str = ""
    html: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)
    """Names as given, and contents."""
    whole: bool = True
    """False when something was cut off, or a file in it could not be read."""


class _Budget:
    """How many rounds all loops over one file may take together."""

    def __init__(self, rounds: int) -> None:
        self._left = rounds

    def range(self, stop: int) -> range:
        self._left -= stop
        if self._left < 0:
            raise ValueError("a count in the file is larger than the file")
        return range(stop)


def is_tnef(part: Mail, name: str) -> bool:
    return part.get_content_type() in MEDIA_TYPES or name.lower() == "winmail.dat"


def read_tnef(data: bytes) -> Winmail | None:
    """What is inside, or None when it is damaged or no TNEF at all."""
    if not data.startswith(_SIGNATURE) or _work(data) > MAX_WORK:
        return None
    import tnefparse

    # The library believes every count in the file, and one may say four billion; it counts by
    # ``range`` alone.
    tnefparse.mapi.range = tnefparse.tnef.range = _Budget(len(data)).range
    try:
        tnef = tnefparse.TNEF(data, do_checksum=False)
        charset = str(tnef.codepage or "")
        files = [(_name(file, charset), bytes(file.data)) for file in tnef.attachments]
        # The library leaves a file empty whose content it does not understand.
        whole = _is_whole(data) and all(content for _, content in files)
        return Winmail(_text(tnef.body, charset), _text(tnef.htmlbody, ""), files, whole)
    except _DAMAGED:
        return None


def _work(data: bytes) -> int:
    """Bytes that the library would copy for the objects of this data and of mails inside it."""
    work, start = 0, 0
    while start >= 0 and work <= MAX_WORK:
        for offset in _objects(data, start):
            work += len(data) - offset
            if work > MAX_WORK:
                break
        start = data.find(_SIGNATURE, start + 1)
    return work


def _is_whole(data: bytes) -> bool:
    """Whether the objects end where the data ends."""
    end = 0
    for offset in _objects(data, 0):
        end = offset + _object_size(data, offset)
    return end <= len(data) and not data[end:].strip(b"\0\r\n")


def _objects(data: bytes, start: int) -> Iterator[int]:
    """Where the objects begin that follow a signature."""
    offset = start + len(_SIGNATURE) + 2
    while offset + _HEADER.size + 2 < len(data):
        yield offset
        offset += _object_size(data, offset)


def _object_size(data: bytes, offset: int) -> int:
    return int(_HEADER.unpack_from(data, offset)[3]) + _HEADER.size + 2


def _name(file: Any, charset: str) -> str:
    try:
        long = _text(file.long_filename(), charset)
    except _DAMAGED:
        long = ""
    return long or _text(file._name, charset)  # the public name is always read as UTF-8


def _text(value: object, charset: str) -> str:
    if isinstance(value, bytes):
        value = decode(value.rstrip(b"\x00"), charset)[0]
    return value.rstrip("\x00") if isinstance(value, str) else ""
