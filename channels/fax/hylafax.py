"""What HylaFAX tells of a fax: in the mails of ``faxrcvd`` and in the tags of its TIFF files.

Mails: subject "Facsimile received from …" and, in the text, the lines of ``faxinfo``
(https://www.hylafax.org/, ``faxrcvd(8)``, ``faxinfo(8)``). Files: Class F TIFF (RFC 2306). As
``faxinfo`` reads it, the first line of ImageDescription is what the station calls itself, and those
behind it are what the line told of the caller: name and number, in either order.
"""

import re
from collections.abc import Mapping

from channels.tiff import (
    BAD_LINES,
    DATE_TIME,
    DESCRIPTION,
    RESOLUTION_UNIT,
    Y_RESOLUTION,
    read_tiff,
)
from core.text import clean_line

MAX_SEARCHED = 10_000  # characters of a mail
_LINE = re.compile(
    r"^[ \t]*(Sender|Pages|Quality|Page|Received|TimeToRecv|Time To Receive|SignalRate|Signal Rate|"
    r"ErrCorrect|Error Correct|CallID\d|CIDName|CIDNumber)[ \t]*:[ \t]*(\S.{0,200})$",
    re.MULTILINE | re.IGNORECASE,
)
_INCOMPLETE = re.compile(r"not received because:\s*(\S.{0,200})")
_NOTHING = re.compile(r"<\w*>")  # <UNSPECIFIED>, <unknown>, <NONE>: there is no name
_CENTIMETRE = 3  # ResolutionUnit


def told_by_mail(text: str) -> Mapping[str, str]:
    """The lines of ``faxinfo``, their names in lower case without spaces; and ``problem``, why the
    fax did not come whole."""
    text = text[:MAX_SEARCHED]
    told = {name.lower().replace(" ", ""): value.strip() for name, value in _LINE.findall(text)}
    told = {name: value for name, value in told.items() if not _NOTHING.fullmatch(value)}
    if found := _INCOMPLETE.search(text):
        told["problem"] = found.group(1).strip()
    return told


def callers_of(told: Mapping[str, str]) -> list[str]:
    """What may be the caller's number, the surest first: what the line told, then the station."""
    lines = [value for name, value in told.items() if name.startswith(("callid", "cid"))]
    return [*lines, *([told["sender"]] if "sender" in told else [])]


def told_by_tiff(content: bytes) -> Mapping[str, str]:
    """By the names of :func:`told_by_mail`: ``sender``, ``callid1`` and further, ``pages``,
    ``quality``, ``received``, and ``badlines`` where there are any. No picture is decoded."""
    pages = read_tiff(content).pages
    if not pages:
        return {}
    first = pages[0]
    lines = first.texts.get(DESCRIPTION, b"").decode("utf-8", "replace").splitlines()
    per_inch = 2.54 if first.number(RESOLUTION_UNIT) == _CENTIMETRE else 1.0
    bad = sum(int(page.number(BAD_LINES)) for page in pages)
    told = {
        "sender": (lines or [""])[0],
        **{f"callid{number}": line for number, line in enumerate(lines[1:8], start=1)},
        "pages": str(len(pages)),
        "quality": quality_of(per_inch * first.number(Y_RESOLUTION)),
        "received": first.texts.get(DATE_TIME, b"").decode("ascii", "replace"),
        "badlines": str(bad) if bad else "",
    }
    told = {name: clean_line(value)[:100] for name, value in told.items()}
    return {name: value for name, value in told.items() if value and not _NOTHING.fullmatch(value)}


def quality_of(lines: float) -> str:
    """The quality that so many lines an inch are (ITU-T T.4)."""
    if not lines:
        return ""
    return "standard" if lines < 150 else "fine" if lines < 300 else "superfine"
