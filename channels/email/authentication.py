"""Is the sender who they say? SPF, DKIM and DMARC, in the words of RFC 8601.

A sender is verified by a DMARC pass and by nothing else. Not being able to ask is no exception: the
result is ``temperror`` and the sender stays unverified.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.email.clients import is_address, is_among, is_loopback
from channels.email.dkim_check import check_dkim
from channels.email.dmarc import Policy, check_dmarc, policy_of
from channels.email.dns import Questions, Resolver, UnreachableError
from channels.email.headers import Headers, one_address
from channels.email.parsing import MAX_HEADERS, parse
from channels.email.spf_check import check_spf
from ingest.message import Trust

__all__ = ["Authentication", "Resolver", "authenticate"]

_LINES = re.compile(rb"\r\n|\r|\n")
_FROM = re.compile(rb"from[ \t]*:", re.IGNORECASE)
MAX_RESULTS = 8 * 1024  # characters of an Authentication-Results field that is believed
# One that is not closed goes on to the end: else every quote in it would be tried as its beginning.
_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_RESULT = re.compile(r"\s*(spf|dkim|dmarc)\s*=\s*([a-z]+)")
_HEADER_FROM = re.compile(r"\sheader\.from\s*=\s*@?([a-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class Authentication:
    """The three results, and what follows from them."""

    spf: str = "none"
    dkim: str = "none"
    dmarc: str = "none"
    domain: str = ""
    """Of the From; empty when it cannot be told beyond doubt."""
    address: str = ""
    """The From itself, likewise: what was proven, and of nobody else."""
    trust: Trust = Trust.UNVERIFIED
    """Of this address."""

    def record(self) -> dict[str, str]:
        """What is kept of it with the message."""
        return {"spf": self.spf, "dkim": self.dkim, "dmarc": self.dmarc, "domain": self.domain}


@dataclass(frozen=True, slots=True)
class _From:
    address: str = ""
    domain: str = ""
    """In ASCII."""


async def authenticate(
    raw: bytes,
    facts: Mapping[str, Any],
    resolver: Resolver,
    *,
    trusted_authserv_id: str = "",
    authserv_clients: Sequence[str] = (),
) -> Authentication:
    """Check a mail against its transport ``facts`` (``client``, ``helo``, ``mail_from``).

    Parameters
    ----------
    trusted_authserv_id
        The name of our own mail server in front. Its Authentication-Results are believed, and
        nothing is asked, when they are the topmost; it must remove those that claim its name
        (RFC 8601, section 5).
    authserv_clients
        Addresses or networks that this server hands mails in from. Loopback and a Unix socket
        always count; from any other client the field is what a stranger wrote.
    """
    head = _header_section(raw)
    headers = Headers(parse(head).mail)
    sender = _from(head, headers)
    client = str(facts.get("client") or "")
    if trusted_authserv_id and (is_loopback(client) or is_among(client, authserv_clients)):
        told = _told(headers.first("authentication-results"), trusted_authserv_id, sender)
        if told is not None:
            return told
    signatures = len(headers.all("dkim-signature"))
    if not signatures and _is_ours(client):
        return _authentication("none", "none", "none", sender)
    return await _ask(raw, facts, sender, client, signatures, resolver.questions())


async def _ask(
    raw: bytes,
    facts: Mapping[str, Any],
    sender: _From,
    client: str,
    signatures: int,
    questions: Questions,
) -> Authentication:
    mail_from, helo = str(facts.get("mail_from") or ""), str(facts.get("helo") or "")
    spf, dkim, (problem, policy) = await asyncio.gather(
        _spf(client, mail_from, helo, questions),
        check_dkim(raw, signatures, questions),
        _policy(sender.domain, questions),
    )
    dmarc = problem
    if not problem:
        proven = (mail_from or helo).rpartition("@")[2].lower().rstrip(".")
        dmarc = check_dmarc(
            policy, sender.domain, spf=proven if spf == "pass" else None, dkim=dkim.domains
        )
        if dmarc == "fail" and "temperror" in (spf, dkim.result):
            dmarc = "temperror"
    return _authentication(spf, dkim.result, dmarc, sender)


async def _spf(client: str, mail_from: str, helo: str, questions: Questions) -> str:
    return "none" if _is_ours(client) else await check_spf(client, mail_from, helo, questions)


async def _policy(domain: str, questions: Questions) -> tuple[str, Policy | None]:
    """The DMARC policy, or the result that there is without one."""
    if not domain:
        return "permerror", None
    try:
        return "", await policy_of(domain, questions)
    except UnreachableError:
        return "temperror", None


def _authentication(spf: str, dkim: str, dmarc: str, sender: _From) -> Authentication:
    trust = Trust.VERIFIED if dmarc == "pass" and sender.domain else Trust.UNVERIFIED
    return Authentication(spf, dkim, dmarc, sender.domain, sender.address, trust)


def _told(field: str, authserv_id: str, sender: _From) -> Authentication | None:
    """What our own server found, when it is the one that speaks (RFC 8601, section 2.2)."""
    if len(field) > MAX_RESULTS:
        return None
    text = _QUOTED.sub(" ", field.lower())  # a sender's own words stand in quotes
    for _ in range(5):  # comments may be nested
        text, found = _COMMENT.subn(" ", text)
        if not found:
            break
    name, *results = text.split(";")
    if name.split()[:1] != [authserv_id.lower()]:
        return None
    words = dict.fromkeys(("spf", "dkim", "dmarc"), "none")
    for result in results:
        found_result = _RESULT.match(result)
        if found_result is None or words[found_result[1]] == "pass":
            continue
        words[found_result[1]] = found_result[2]
        header_from = _HEADER_FROM.search(result)
        if found_result[1] == "dmarc" and (header_from is None or header_from[1] != sender.domain):
            words["dmarc"] = "permerror" if found_result[2] == "pass" else found_result[2]
    return _authentication(words["spf"], words["dkim"], words["dmarc"], sender)


def _from(head: bytes, headers: Headers) -> _From:
    """The one From that every mail program shows alike, or nothing."""
    values = headers.all("from")
    if len(values) != 1 or sum(1 for line in _LINES.split(head) if _FROM.match(line)) != 1:
        return _From()
    found = one_address(values[0])
    if found is None:
        return _From()
    try:
        domain = found[1].rpartition("@")[2].rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return _From()
    return _From(found[1], domain) if domain else _From()


def _header_section(raw: bytes) -> bytes:
    head = raw[:MAX_HEADERS]  # cut first, as the rest may be large and have none of the three
    ends = [place for place in map(head.find, (b"\n\n", b"\n\r\n", b"\r\r")) if place >= 0]
    return head[: min(ends, default=len(head))]


def _is_ours(client: str) -> bool:
    """Whether no SPF can tell about it: this machine (also by a Unix socket), or no address."""
    return is_loopback(client) or not is_address(client)
