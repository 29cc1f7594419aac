"""DMARC (RFC 7489): does a proof by SPF or DKIM belong to the domain that the reader sees?"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList

from channels.email.dns import Questions


@dataclass(frozen=True, slots=True)
class Policy:
    """What a domain publishes, as far as it matters here."""

    strict_spf: bool
    strict_dkim: bool


async def policy_of(domain: str, questions: Questions) -> Policy | None:
    """The policy of a domain or else of its organisation; None when there is none.

    Raises UnreachableError when the DNS gives no answer in time.
    """
    for name in dict.fromkeys([domain, organisation_of(domain)]):
        records = [text for text in await questions.texts(f"_dmarc.{name}") if _is_dmarc(text)]
        if len(records) == 1:
            return _policy(records[0])
        if records:  # two of them count for none (section 6.6.3)
            return None
    return None


def check_dmarc(policy: Policy | None, domain: str, *, spf: str | None, dkim: Iterable[str]) -> str:
    """The result as RFC 8601 calls it.

    ``spf`` is the domain that SPF proved, if any, ``dkim`` are those that signed.
    """
    if policy is None:
        return "none"
    if spf and _aligned(spf, domain, strict=policy.strict_spf):
        return "pass"
    if any(_aligned(signed, domain, strict=policy.strict_dkim) for signed in dkim):
        return "pass"
    return "fail"


def organisation_of(domain: str) -> str:
    """``ville.example`` of ``mail.ville.example``; a public suffix is its own."""
    return str(_suffixes().privatesuffix(domain) or domain)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _aligned(proven: str, domain: str, *, strict: bool) -> bool:
    if strict:
        return proven == domain
    return organisation_of(proven) == organisation_of(domain)


def _is_dmarc(text: bytes) -> bool:
    version = text.partition(b";")[0].replace(b" ", b"")
    return version == b"v=DMARC1"


def _policy(text: bytes) -> Policy:
    tags = {}
    for tag in text.decode("ascii", "replace").split(";"):
        name, _, value = tag.partition("=")
        tags[name.strip().lower()] = value.strip().lower()
    return Policy(strict_spf=tags.get("aspf") == "s", strict_dkim=tags.get("adkim") == "s")
