"""The forms that messages of a case came with, in the words of the version they were filed with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures.definition import Procedure
from cases.procedures.models import ProcedureRow, ProcedureVersionRow
from cases.procedures.proposals import ProposalRow, lying_over, proposals_of
from cases.procedures.store import parsed
from cases.procedures.summary import Section, summary
from ingest.models import MessageRow


@dataclass(frozen=True, slots=True)
class Filed:
    procedure: Procedure
    number: int
    """Of the version."""
    sections: Sequence[Section]


async def filed_forms(
    session: AsyncSession, messages: Iterable[MessageRow], locale: str, *, hidden: bool = False
) -> Mapping[UUID, Filed]:
    """By message, of those that came with a form; ``hidden`` as in ``summary``.

    A form of a procedure that is not of this town (it came by the API) has only its text.
    """
    messages = [*messages]
    wanted = {
        message.id: (str(message.details["procedure"]), int(message.details.get("version", 0)))
        for message in messages
        if message.details.get("procedure")
    }
    if not wanted:
        return {}
    query = (
        select(ProcedureRow.slug, ProcedureVersionRow)
        .join(ProcedureRow, ProcedureRow.id == ProcedureVersionRow.procedure_id)
        .where(
            or_(
                *(
                    and_(ProcedureRow.slug == slug, ProcedureVersionRow.number == number)
                    for slug, number in set(wanted.values())
                )
            )
        )
    )
    versions = {
        (slug, row.number): parsed(row.id, row.definition)
        for slug, row in await session.execute(query)
    }
    proposals = await proposals_of(session, [*wanted])
    return {
        message.id: Filed(
            versions[wanted[message.id]],
            wanted[message.id][1],
            _sections(versions[wanted[message.id]], message, proposals, locale, hidden=hidden),
        )
        for message in messages
        if wanted.get(message.id) in versions
    }


def _sections(
    procedure: Procedure,
    message: MessageRow,
    proposals: Sequence[ProposalRow],
    locale: str,
    *,
    hidden: bool,
) -> Sequence[Section]:
    """With what was changed since it was filed beside what was filed."""
    given = message.details.get("form")
    filed = given if isinstance(given, dict) else {}
    values = lying_over(filed, [row for row in proposals if row.message_id == message.id])
    before = {name: filed.get(name) for name in values if values[name] != filed.get(name)}
    return summary(procedure, values, locale, hidden=hidden, filed=before)
