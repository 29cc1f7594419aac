"""SPF (RFC 7208) by ``pyspf``, which blocks, over questions that do not.

The library runs on the answers that are known so far; when it asks for one that is not, the run is
given up, the answer is fetched, and the library runs again. That needs no thread that waits.
"""

from typing import Any, ClassVar

import spf

from channels.email.dns import Questions, UnreachableError

MAX_QUESTIONS = 60  # of one mail; RFC 7208 allows about 10 mechanisms, some with 10 addresses
RESULTS = frozenset({"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"})

Asked = tuple[str, str]


async def check_spf(client: str, mail_from: str, helo: str, questions: Questions) -> str:
    """The result as RFC 8601 calls it."""
    known: dict[Asked, list[Any]] = {}
    for _ in range(MAX_QUESTIONS):
        run = _Run(client, mail_from, helo, known)
        try:
            result = run.check()[0]
        except (spf.PermError, spf.AmbiguityWarning, UnicodeError, ValueError, LookupError):
            result = "permerror"
        if run.missing is None:
            return result if result in RESULTS else "none"
        try:
            known[run.missing] = await _answer(run.missing, questions)
        except UnreachableError:
            return "temperror"
    return "permerror"


async def _answer(asked: Asked, questions: Questions) -> list[Any]:
    """The records in the shape that the library expects."""
    name, kind = asked
    records = await questions.records(name, kind)
    match kind:
        case "A" | "AAAA":
            return [record.address for record in records]
        case "MX":
            return [(record.preference, record.exchange.to_text(True)) for record in records]
        case "PTR":
            return [record.target.to_text(True) for record in records]
        case "TXT":
            return [record.strings for record in records]
    return []


class _Run(spf.query):  # type: ignore[misc]
    missing: Asked | None
    known: ClassVar[dict[Asked, list[Any]]] = {}

    def __init__(
        self, client: str, mail_from: str, helo: str, known: dict[Asked, list[Any]]
    ) -> None:
        self.missing = None
        super().__init__(i="", s=mail_from, h=helo, receiver="guichet", querytime=0)
        self._known = known
        self._client = client

    def check(self, spf_record: str | None = None) -> tuple[str, int, str]:
        self.set_ip(self._client)
        result: tuple[str, int, str] = super().check(spf_record)
        return result

    def dns(
        self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False
    ) -> list[Any]:
        """Called by the library for every question; CNAMEs were followed by the DNS already."""
        asked = (str(name).rstrip(".").lower(), qtype)
        if not all(0 < len(label) < 64 for label in asked[0].split(".")):
            return []
        if self.missing is not None or asked not in self._known:
            self.missing = self.missing or asked
            raise spf.TempError("not known yet")
        if not self._known[asked] and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many void lookups")
        return self._known[asked]
