"""Where a request stands, for a caller who types its reference and then its tracking key.

Several references may be pressed alike, and the key tells which one is meant: a wrong reference
and a wrong key sound the same, and cost the same.
"""

import hmac
from dataclasses import dataclass, field

from sqlalchemy import select

from cases import CaseRow, CaseStatus
from core.database import Database
from core.i18n import Formats, translator
from core.keypad import keypad
from core.ratelimit import RateLimit
from core.references import tracking_key

LENGTH = 8  # digits of a reference
MAX_ALIKE = 20  # references that are pressed alike: with a million cases, two are rare


@dataclass(frozen=True, slots=True)
class Limits:
    by_caller: RateLimit = field(default_factory=lambda: RateLimit(6, 3600))
    """Wrong codes of one caller."""
    by_reference: RateLimit = field(default_factory=lambda: RateLimit(20, 3600))
    """Wrong keys for one reference, whoever calls: numbers are easily forged."""


@dataclass(frozen=True, slots=True)
class Tracking:
    database: Database
    secret: bytes
    formats: dict[str, Formats]
    """By language."""
    limits: Limits = field(default_factory=Limits)

    async def standing(
        self, pressed: str, key: str, caller: str, language: str
    ) -> list[str] | None:
        """Sentences that say where the request stands; None when reference or key is wrong.

        Raises TooMany after too many wrong ones.
        """
        caller = caller or "withheld"
        await self.limits.by_caller.check(caller)
        await self.limits.by_reference.check(pressed)
        case = await self._find(pressed, key)
        if case is None:
            await self.limits.by_caller.count(caller)
            await self.limits.by_reference.count(pressed)
            return None
        return self._sentences(case, language)

    async def _find(self, pressed: str, key: str) -> CaseRow | None:
        if len(pressed) != LENGTH:
            return None
        query = select(CaseRow).where(CaseRow.keypad == pressed).limit(MAX_ALIKE)
        async with self.database.read() as session:
            alike = (await session.scalars(query)).all()
        return next((case for case in alike if self._opens(case.reference, key)), None)

    def _opens(self, reference: str, key: str) -> bool:
        expected = keypad(tracking_key(self.secret, reference))
        return hmac.compare_digest(expected.encode(), key.encode())

    def _sentences(self, case: CaseRow, language: str) -> list[str]:
        _ = translator(language)
        sentences = {
            CaseStatus.NEW: _("We have received your request; nobody works on it yet."),
            CaseStatus.IN_PROGRESS: _("An agent is working on your request."),
            CaseStatus.WAITING: _("We have answered your request, and wait for you."),
            CaseStatus.CLOSED: _("Your request is closed."),
        }
        said = [sentences[CaseStatus(case.status)]]
        if case.due_at is not None and case.status != CaseStatus.CLOSED:
            day = self.formats[language].day(case.due_at)
            said.append(_("We intend to answer you by %(day)s.") % {"day": day})
        return said
