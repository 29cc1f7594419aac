"""A form that an agent fills in comes in: once for each form, however often it is sent."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from channels.counter.form import ORIGINS, CounterForm, Translate
from channels.web.promise import Promises, promised_intake
from core.database import Database
from core.errors import NotThere
from core.web import FieldError
from ingest.intake import Accept
from ingest.message import Attachment, ChannelName
from ingest.models import IntakeRow


@dataclass(frozen=True, slots=True)
class DeskCounter:
    """What the desk is handed to file with (``agent_api.context.Counter``)."""

    database: Database
    promises: Promises
    country: str
    """Whose national telephone numbers people write (ISO 3166-1)."""

    @classmethod
    def of(cls, database: Database, accept: Accept, secret: bytes, country: str) -> "DeskCounter":
        return cls(database, Promises(database, accept, secret), country)

    def mistakes(
        self, fields: Mapping[str, str], files: Sequence[Attachment], say: Translate
    ) -> Sequence[FieldError]:
        return CounterForm.read(fields, files).mistakes(self.country, say)

    async def reference_of(self, token: str, *, agent_id: str) -> str:
        return await self.promises.kept(_identity(token, agent_id))

    async def filed(self, session: AsyncSession, reference: str) -> IntakeRow:
        return await filed_intake(session, reference)

    async def file(
        self,
        token: str,
        fields: Mapping[str, str],
        files: Sequence[Attachment],
        *,
        agent_id: str,
        by: str,
    ) -> tuple[str, bool]:
        """The form's token alone tells which filing it is: sent again after *back*, changed or
        not, it is the one that is there already. Raises Later."""
        form = CounterForm.read(fields, files)
        raw = await asyncio.to_thread(form.raw)
        content = hashlib.sha256(raw).hexdigest()
        facts = {
            "form": "counter",
            "region": self.country,
            "agent": agent_id,
            "by": by,
            "content": content,
            "receipt": {
                "subject": form.subject,
                "name": form.name,
                "language": form.language,
                "email": form.email if "email" in form.allowed else "",
            },
        }
        reference = await self.promises.keep(
            ChannelName(form.origin), _identity(token, agent_id), raw, facts
        )
        async with self.database.read() as session:
            kept = await filed_intake(session, reference)
        return reference, kept.facts["content"] == content


def _identity(token: str, agent_id: str) -> str:
    return hashlib.sha256(f"counter:{agent_id}:{token}".encode()).hexdigest()


async def filed_intake(session: AsyncSession, reference: str) -> IntakeRow:
    """Raises NotThere when no agent filed anything under this reference."""
    intake = await promised_intake(session, reference)
    if intake is None or intake.channel not in ORIGINS or intake.facts.get("form") != "counter":
        raise NotThere(f"nothing was filed under {reference}")
    return intake
