"""DKIM (RFC 6376) by ``dkimpy``: the domains whose signatures of a mail hold.

A signature with ``l=`` covers the beginning of the body alone, so anybody may write below it: it
counts for nothing here (RFC 6376, section 8.2), nor does one that leaves the From out.
"""

import asyncio
import re
from dataclasses import dataclass

from dkim.util import InvalidTagValueList, parse_tag_value

from channels.email.dkim_mail import FAULTS, SignedMail, Verifier
from channels.email.dns import Questions, UnreachableError

MAX_SIGNATURES = 5  # looked at; every one costs a hash of the whole body
MIN_KEY = 1024  # bits (RFC 8301, section 3.2)
_LABELS = re.compile(rb"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")

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
    mail = await asyncio.to_thread(_opened, raw)
    if mail is None:
        return Dkim("permerror")
    fields = mail.signatures()[:MAX_SIGNATURES]
    keys: Keys = {}
    unreachable = False
    for field in fields:
        name = _key_name(field)
        if name is None or name in keys:
            continue
        try:
            records = await questions.texts(name.decode("ascii").rstrip("."))
        except UnreachableError:
            unreachable = True
            continue
        keys[name] = records[0] if records else b""
    domains = await asyncio.to_thread(_verify, mail, len(fields), keys)
    if domains:
        return Dkim("pass", domains)
    return Dkim("temperror" if unreachable else "fail")


def _opened(raw: bytes) -> SignedMail | None:
    try:
        return SignedMail(raw)
    except FAULTS:
        return None


def _verify(mail: SignedMail, count: int, keys: Keys) -> frozenset[str]:
    domains = set()
    for index in range(count):
        try:
            found = Verifier(mail, minkey=MIN_KEY)
            held = found.verify(idx=index, dnsfunc=lambda name, timeout=0: keys.get(name, b""))
            if held and b"l" not in found.signature_fields and b"from" in found.include_headers:
                domains.add(found.domain.decode("ascii").lower().rstrip("."))
        except FAULTS:
            continue
    return frozenset(domains)


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
