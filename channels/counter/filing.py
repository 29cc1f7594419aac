"""A form that an agent fills in comes in: once for each form, however often it is sent."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from channels.counter.form import ORIGINS, CounterForm, Translate
from channels.counter.procedures import FilledForm, Procedures
from channels.web.promise import Promises, promised_intake
from core.clock import Clock
from core.database import Database
from core.errors import NotThere
from core.settings import Settings
from core.web import FieldError
from ingest.intake import Accept
from ingest.message import Attachment, ChannelName
from ingest.models import IntakeRow


@dataclass(frozen=True, slots=True)
class DeskCounter:
    """What the desk is handed to file with (``agent_api.context.Counter``)."""

    database: Database
    promises: Promises
    procedures: Procedures
    country: str
    """Whose national telephone numbers people write (ISO 3166-1)."""

    @classmethod
    def of(
        cls, database: Database, accept: Accept, clock: Clock, secret: bytes, settings: Settings
    ) -> "DeskCounter":
        procedures = Procedures(database, clock, settings.zone, settings.country)
        promises = Promises(database, accept, secret)
        return cls(database, promises, procedures, settings.country)

    async def offered(self, locale: str) -> Sequence[tuple[str, str]]:
        return await self.procedures.offered(locale)

    async def filled(
        self, slug: str, sent: FormData, known: Mapping[str, str], locale: str
    ) -> FilledForm:
        return await self.procedures.filled(slug, sent, known, locale)

    def mistakes(
        self,
        fields: Mapping[str, str],
        files: Sequence[Attachment],
        say: Translate,
        filled: FilledForm | None = None,
    ) -> Sequence[FieldError]:
        return _form(fields, files, filled).mistakes(self.country, say)

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
        filled: FilledForm | None = None,
    ) -> tuple[str, bool]:
        """The form's token alone tells which filing it is: sent again after *back*, changed or
        not, it is the one that is there already. Raises Later."""
        form = _form(fields, files, filled)
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


def _form(
    fields: Mapping[str, str], files: Sequence[Attachment], filled: FilledForm | None
) -> CounterForm:
    form = CounterForm.read(fields, files)
    return form.with_procedure(filled) if filled else form


def _identity(token: str, agent_id: str) -> str:
    return hashlib.sha256(f"counter:{agent_id}:{token}".encode()).hexdigest()


async def filed_intake(session: AsyncSession, reference: str) -> IntakeRow:
    """Raises NotThere when no agent filed anything under this reference."""
    intake = await promised_intake(session, reference)
    if intake is None or intake.channel not in ORIGINS or intake.facts.get("form") != "counter":
        raise NotThere(f"nothing was filed under {reference}")
    return intake
