"""One readable line of an invitation (RFC 5545); the file itself stays an attachment."""

import re

from core.text import clean_line

MAX_READ = 64 * 1024  # characters
_FOLD = re.compile(r"\r?\n[ \t]")
_EVENT = re.compile(r"^BEGIN:VEVENT", re.MULTILINE | re.IGNORECASE)
_FIELD = re.compile(r"^(SUMMARY|LOCATION|DTSTART)(;[^:\r\n]*)?:([^\r\n]*)", re.MULTILINE)
_START = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d*(Z?))?")
_ESCAPE = re.compile(r"\\(.)")


def calendar_line(text: str) -> str:
    """``Réunion de quartier, 2026-12-01 18:30, Salle des fêtes``; empty when there is no event."""
    text = _FOLD.sub("", text[:MAX_READ])
    event = _EVENT.search(text)
    if event is None:
        return ""
    fields: dict[str, str] = {}
    for name, _, value in _FIELD.findall(text, event.start()):
        fields.setdefault(name, clean_line(_ESCAPE.sub(_unescaped, value)))
    parts = [
        fields.get("SUMMARY", ""),
        _moment(fields.get("DTSTART", "")),
        fields.get("LOCATION", ""),
    ]
    return ", ".join(part for part in parts if part)


def _unescaped(found: re.Match[str]) -> str:
    return " " if found[1] in "nN" else found[1]


def _moment(value: str) -> str:
    found = _START.match(value)
    if not found:
        return ""
    year, month, day, hour, minute, utc = found.groups()
    time = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{time}{' UTC' if utc else ''}"
