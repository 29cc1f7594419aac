"""Walking the tree of parts: which are the text, which are files (RFC 2046)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message as Mail
from email.utils import collapse_rfc2231_value
from mimetypes import MimeTypes

from channels.email import content, html
from channels.email.calendar import calendar_line
from channels.email.charsets import decode
from channels.email.headers import decoded
from channels.email.parsing import as_bytes, inner_parts
from channels.email.tnef import is_tnef, read_tnef
from core.text import clean_line, clean_text, file_name, is_media_type

MAX_DEPTH = 20
MAX_PARTS = 250
MAX_TEXT = 500_000  # characters of one text
MAX_TEXTS = 1_000_000  # characters of all texts of a mail together
UNKNOWN_TYPE = "application/octet-stream"

_TYPES = MimeTypes(filenames=())  # the built-in table: the same on every machine
_ENDINGS = {"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics"}
# Behind the end of a multipart, where two of them share one boundary.
_LOST_PART = re.compile(r"^--.{1,70}\r?\ncontent-type[ \t]*:", re.IGNORECASE | re.MULTILINE)
_FILE_NAME = re.compile(r"""(?:file)?name\*?\d*\*?\s*=\s*"?([^";]{1,300})""", re.IGNORECASE)


@dataclass(slots=True)
class Piece:
    """One run of the mail's text, in either form or in both."""

    text: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class File:
    name: str
    media_type: str
    content: bytes
    content_id: str = ""


@dataclass(slots=True)
class Contents:
    """All that was found, in order."""

    pieces: list[Piece] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    """One line for each invitation."""
    notes: list[str] = field(default_factory=list)
    parts: int = 0
    characters: int = 0
    """Of the texts."""
    too_much: str = ""
    """Which bound the tree is over; then something is missing in it."""


def read_parts(mail: Mail) -> Contents:
    contents = Contents()
    _walk(mail, contents, depth=0)
    return contents


def _walk(part: Mail, contents: Contents, depth: int) -> None:
    contents.parts += 1
    if contents.parts > MAX_PARTS or depth > MAX_DEPTH:
        contents.too_much = "too many parts" if contents.parts > MAX_PARTS else "nested too deep"
        return
    kind = part.get_content_type()
    inner = inner_parts(part)
    if inner and kind.startswith("message/"):
        _inner_mail(part, kind, inner, contents)
    elif part.is_multipart():
        _multipart(kind, inner, contents, depth)
        if _LOST_PART.search(part.epilogue or ""):
            contents.too_much = contents.too_much or "parts after the end"
    else:
        _leaf(part, kind, contents, depth)


def _multipart(kind: str, parts: Sequence[Mail], contents: Contents, depth: int) -> None:
    before = len(contents.pieces)
    for part in parts:
        _walk(part, contents, depth + 1)
        if contents.parts > MAX_PARTS:
            return
    if kind == "multipart/alternative":
        contents.pieces[before:] = _one_of(contents.pieces[before:])


def _one_of(pieces: list[Piece]) -> list[Piece]:
    """The alternatives as one piece; texts beside HTML are the HTML's own other form."""
    texts = [piece.text for piece in pieces if piece.text.strip()]
    htmls = [piece.html for piece in pieces if piece.html.strip()]
    return [Piece("\n\n".join(texts), "\n".join(htmls))] if texts or htmls else []


def _leaf(part: Mail, kind: str, contents: Contents, depth: int) -> None:
    data, problem = content.content_of(part)
    given = _given_name(part)
    disposition = part.get_content_disposition() or ""
    is_body = disposition != "attachment" and (not given or depth == 0)
    where = f"part {contents.parts}" + (f" ({clean_line(given)[:80]})" if given else "")
    if problem and (data or problem != "no content"):
        contents.notes.append(f"{where}: {problem}")
    if kind == "text/calendar":
        line = calendar_line(_text(part, data)[0])
        contents.events += [line] if line else []
        _file(part, kind, data, given or "invitation.ics", contents)
    elif is_tnef(part, given):
        _winmail(part, kind, data, given, contents)
    elif is_body and (kind in ("text/plain", "text/html") or kind.startswith("multipart/")):
        _body(part, kind, data, where, contents)
    elif data or given:
        _file(part, kind, data, given, contents)


def _body(part: Mail, kind: str, data: bytes, where: str, contents: Contents) -> None:
    text, problem = _text(part, data)
    if problem:
        contents.notes.append(f"{where}: {problem}")
    if kind.startswith("multipart/"):
        contents.notes.append(f"{where}: {kind} without its parts, shown as text")
    room = min(MAX_TEXT, MAX_TEXTS - contents.characters)
    if len(text) > room:
        contents.notes.append(f"{where}: the text is very long and was cut; it is attached whole")
        _file(part, "text/html" if kind == "text/html" else "text/plain", data, "", contents)
        text = text[:room]
    contents.characters += len(text)
    text = clean_text(text)
    contents.pieces.append(Piece(html=text) if kind == "text/html" else Piece(text))


def _winmail(part: Mail, kind: str, data: bytes, given: str, contents: Contents) -> None:
    found = read_tnef(data)
    if found is None or not (found.text or found.html or found.files):
        contents.notes.append("winmail.dat could not be opened")
        _file(part, kind, data, given or "winmail.dat", contents)
        return
    problem = "" if found.whole else "winmail.dat is damaged; it is attached too"
    room = max(0, MAX_PARTS - len(contents.files))
    if len(found.files) > room:
        problem = "winmail.dat holds too many files; it is attached too"
    said = any(piece.text.strip() or piece.html.strip() for piece in contents.pieces)
    if (found.text or found.html) and not said:
        text, html = clean_text(found.text[:MAX_TEXT]), clean_text(found.html[:MAX_TEXT])
        contents.pieces.append(Piece(text, html))
    elif not said:
        problem = problem or "the formatted text of winmail.dat could not be read"
    if problem:
        contents.notes.append(problem)
        _file(part, kind, data, given or "winmail.dat", contents)
    for name, inner in found.files[:room]:
        guessed = _TYPES.guess_type(name)[0] or UNKNOWN_TYPE
        contents.files.append(
            File(file_name(name, f"attachment-{len(contents.files) + 1}"), guessed, inner)
        )


def _inner_mail(part: Mail, kind: str, inner: Sequence[Mail], contents: Contents) -> None:
    """A mail inside is a file, named by its subject; what it holds is not ours to take apart."""
    encoding = part.get("content-transfer-encoding", "").strip().lower()
    try:
        data = b"\r\n".join(as_bytes(mail) for mail in inner)
    except (RecursionError, UnicodeError):  # too deep, or 8 bits where the stdlib expects parts
        contents.too_much = "an inner mail that cannot be taken out"
        return
    if encoding in ("base64", "quoted-printable"):  # RFC 2046 forbids it; some do it all the same
        data = content.decoded(data, encoding)[0]
    if kind == "message/delivery-status":
        _file(part, "text/plain", data, "delivery-status.txt", contents)
        return
    subject = clean_line(decoded(inner[0].get("subject", "")))
    name = _given_name(part) or (f"{subject[:80].replace('/', '-')}.eml" if subject else "")
    _file(part, kind, data, name or "message.eml", contents)


def _file(part: Mail, kind: str, data: bytes, given: str, contents: Contents) -> None:
    number = len(contents.files) + 1
    name = file_name(decoded(given), f"attachment-{number}{_ENDINGS.get(kind, '')}")
    if kind == UNKNOWN_TYPE or not is_media_type(kind):
        kind = _TYPES.guess_type(name)[0] or UNKNOWN_TYPE
    content_id = clean_line(part.get("content-id", "")).strip("<> ")[:300]
    contents.files.append(File(name, kind, data, content_id))


def _text(part: Mail, data: bytes) -> tuple[str, str]:
    try:
        charset = str(collapse_rfc2231_value(part.get_param("charset", "") or ""))
    except (ValueError, TypeError, LookupError):
        charset = ""
    return decode(data, charset)


def _given_name(part: Mail) -> str:
    """The file name by RFC 2231, or by RFC 2047, where it is not allowed and very common."""
    if "content-disposition" not in part and "name" not in part.get("content-type", ""):
        return ""
    try:
        return decoded(part.get_filename("") or "")
    except (ValueError, TypeError, LookupError):
        fields = f"{part.get('content-disposition', '')};{part.get('content-type', '')}"
        found = _FILE_NAME.search(fields)
        return decoded(found[1]) if found else ""


def text_of(piece: Piece, safe_html: str | None) -> str:
    """The words of a piece: its own text, or that of its HTML."""
    if piece.text.strip() or not piece.html:
        return piece.text
    read = html.bare_text(piece.html) if safe_html is None else html.text_of(safe_html)
    return clean_text(read)
