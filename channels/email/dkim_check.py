"""DKIM (RFC 6376) by ``dkimpy``: the domains whose signatures of a mail hold.

A signature with ``l=`` covers the beginning of the body alone, so anybody may write below it: it
counts for nothing here (RFC 6376, section 8.2), nor does one that leaves the From out.
"""

import asyncio
import re
from dataclasses import dataclass

import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from channels.email.dns import Questions, UnreachableError

MAX_SIGNATURES = 5  # looked at; every one costs a hash of the whole body
MIN_KEY = 1024  # bits (RFC 8301, section 3.2)
MAX_HEADERS = 128 * 1024  # bytes; folding takes the library quadratic time
MAX_BLANKS = 200  # spaces in a row, for the same reason
_LABELS = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_FAULTS = (dkim.DKIMException, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)

Keys = dict[bytes, bytes]
"""Key records by the name that the library asks for."""


@dataclass(frozen=True, slots=True)
class Dkim:
    result: str
    domains: frozenset[str] = frozenset()
    """Lower-case ``d=`` of the signatures that hold."""


async def check_dkim(raw: bytes, signatures: int, questions: Questions) -> Dkim:
    """The result as RFC 8601 calls it; ``signatures`` is how many the mail carries."""
    if not signatures:
        return Dkim("none")
    try:
        parsed = dkim.DKIM(raw) if _bearable(raw) else None
    except _FAULTS:
        parsed = None
    if parsed is None:
        return Dkim("permerror")
    fields = [value for name, value in parsed.headers if name.lower() == b"dkim-signature"]
    keys: Keys = {}
    unreachable = False
    for field in fields[:MAX_SIGNATURES]:
        name = _key_name(field)
        if name is None or name in keys:
            continue
        try:
            records = await questions.texts(name.decode("ascii").rstrip("."))
        except UnreachableError:
            unreachable = True
            continue
        keys[name] = records[0] if records else b""
    domains = await asyncio.to_thread(_verify, raw, len(fields[:MAX_SIGNATURES]), keys)
    if domains:
        return Dkim("pass", domains)
    return Dkim("temperror" if unreachable else "fail")


def _verify(raw: bytes, count: int, keys: Keys) -> frozenset[str]:
    domains = set()
    for index in range(count):
        try:
            # A fresh object for each: it keeps the domain of the one it looked at last.
            mail = dkim.DKIM(raw, minkey=MIN_KEY)
            held = mail.verify(idx=index, dnsfunc=lambda name, timeout=0: keys.get(name, b""))
            if held and b"l" not in mail.signature_fields and b"from" in mail.include_headers:
                domains.add(mail.domain.decode("ascii").lower().rstrip("."))
        except _FAULTS:
            continue
    return frozenset(domains)


def _bearable(raw: bytes) -> bool:
    ends = [place for place in (raw.find(b"\n\n"), raw.find(b"\r\n\r\n")) if place >= 0]
    headers = min(ends, default=len(raw))
    return headers <= MAX_HEADERS and b" " * MAX_BLANKS not in raw.replace(b"\t", b" ")


def _key_name(field: bytes) -> bytes | None:
    """``selector._domainkey.domain.``, as the library will ask for it."""
    try:
        tags = parse_tag_value(field)
    except (InvalidTagValueList, ValueError):
        return None
    selector, domain = tags.get(b"s", b""), tags.get(b"d", b"")
    if not (_LABELS.fullmatch(selector) and _LABELS.fullmatch(domain)):
        return None
    return bytes(selector + b"._domainkey." + domain + b".")
