"""Drafts: what citizens have filled in so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.models import CaseRow
from cases.procedures.definition import Procedure
from cases.procedures.models import DraftRow, ProcedureRow, ProcedureVersionRow
from cases.procedures.store import Published, parsed
from cases.procedures.uploading import files_of, remove_all
from core.blobs import Blobs
from core.clock import Clock
from core.ids import new_id


@dataclass(frozen=True, slots=True)
class FormDraft:
    """A draft with its procedure, as it was when the draft was begun."""

    id: UUID
    reference: str
    procedure: Published
    citizen_id: UUID | None
    typed: Mapping[str, Any]
    """With the files under the names of their fields."""
    page: str
    saved_at: datetime
    expires_at: datetime
    sent_at: datetime | None

    @property
    def definition(self) -> Procedure:
        return self.procedure.definition


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftItem:
    """One of a list."""

    reference: str
    page: str
    """Where the citizen was last; may be empty."""
    saved_at: datetime
    expires_at: datetime
    procedure: Procedure

    @property
    def path(self) -> str:
        """Where they go on, on the portal."""
        page = self.page or self.procedure.pages[0].name
        return f"/procedures/{self.procedure.slug}/{self.reference}/pages/{page}"


async def begin_draft(
    session: AsyncSession,
    clock: Clock,
    procedure: Published,
    *,
    reference: str,
    typed: Mapping[str, Any],
    citizen_id: UUID | None,
    life: timedelta,
) -> None:
    """Enter a new draft."""
    now = clock()
    session.add(
        DraftRow(
            id=new_id(),
            reference=reference,
            version_id=procedure.version_id,
            citizen_id=citizen_id,
            typed=dict(typed),
            page="",
            saved_at=now,
            expires_at=now + life,
            sent_at=None,
        )
    )


async def sweep_drafts(
    session: AsyncSession, blobs: Blobs, now: datetime, most: int
) -> tuple[Sequence[UUID], Sequence[str]]:
    """Take away what has expired, ``most`` at once: which, and the blobs to discard."""
    old = select(DraftRow.id).where(DraftRow.expires_at < now).limit(most)
    gone = (await session.scalars(old)).all()
    names = await remove_all(session, blobs, gone)
    await session.execute(delete(DraftRow).where(DraftRow.id.in_(gone)))
    return gone, names


async def is_taken(session: AsyncSession, reference: str) -> bool:
    """Whether a case or a draft has this reference."""
    query = select(
        exists().where(CaseRow.reference == reference),
        exists().where(DraftRow.reference == reference),
    )
    return any((await session.execute(query)).one())


async def read_draft(session: AsyncSession, clock: Clock, reference: str) -> FormDraft | None:
    """None when there is none, or none any more. The caller answers for the access."""
    query = (
        select(DraftRow, ProcedureVersionRow, ProcedureRow.enabled)
        .join(ProcedureVersionRow, ProcedureVersionRow.id == DraftRow.version_id)
        .join(ProcedureRow, ProcedureRow.id == ProcedureVersionRow.procedure_id)
        .where(DraftRow.reference == reference, DraftRow.expires_at >= clock())
    )
    found = (await session.execute(query)).first()
    if found is None:
        return None
    row, version, enabled = found
    files = await files_of(session, row.id)
    return FormDraft(
        id=row.id,
        reference=row.reference,
        procedure=Published(
            version.id, version.number, parsed(version.id, version.definition), enabled
        ),
        citizen_id=row.citizen_id,
        typed={**row.typed, **files},
        page=row.page,
        saved_at=row.saved_at,
        expires_at=row.expires_at,
        sent_at=row.sent_at,
    )


async def drafts_of_citizen(
    session: AsyncSession, clock: Clock, citizen_id: UUID
) -> Sequence[DraftItem]:
    """What was not sent yet; the newest first."""
    query = (
        select(DraftRow, ProcedureVersionRow)
        .join(ProcedureVersionRow, ProcedureVersionRow.id == DraftRow.version_id)
        .where(
            DraftRow.citizen_id == citizen_id,
            DraftRow.sent_at.is_(None),
            DraftRow.expires_at >= clock(),
        )
        .order_by(DraftRow.saved_at.desc())
    )
    return [
        DraftItem(
            reference=row.reference,
            page=row.page,
            saved_at=row.saved_at,
            expires_at=row.expires_at,
            procedure=parsed(version.id, version.definition),
        )
        for row, version in await session.execute(query)
    ]


async def save_draft(
    session: AsyncSession,
    clock: Clock,
    draft: FormDraft,
    typed: Mapping[str, Any],
    *,
    page: str,
    life: timedelta,
) -> None:
    """Keep the answers of one page beside the others. What was sent stays as it is."""
    query = select(DraftRow).where(DraftRow.id == draft.id, DraftRow.sent_at.is_(None))
    row = await session.scalar(query.with_for_update())
    if row is None:
        return
    row.typed = {**row.typed, **typed}
    row.page = page
    row.saved_at = clock()
    row.expires_at = row.saved_at + life


async def mark_sent(
    session: AsyncSession, blobs: Blobs, clock: Clock, draft: FormDraft, *, email: str
) -> Sequence[str]:
    """The case has the answers now: the draft keeps nothing of them but where the receipt goes.

    Returns the blobs to discard.
    """
    names = await remove_all(session, blobs, [draft.id])
    await session.execute(
        update(DraftRow)
        .where(DraftRow.id == draft.id)
        .values(sent_at=clock(), typed={"email": email})
    )
    return names


async def discard_draft(session: AsyncSession, blobs: Blobs, draft: FormDraft) -> Sequence[str]:
    """Returns the blobs to discard."""
    names = await remove_all(session, blobs, [draft.id])
    await session.execute(delete(DraftRow).where(DraftRow.id == draft.id))
    return names


async def erase_drafts(session: AsyncSession, blobs: Blobs, citizen_id: UUID) -> Sequence[str]:
    """All that a citizen has begun, sent or not: what was sent is in its case.

    Returns the blobs to discard.
    """
    query = select(DraftRow.id).where(DraftRow.citizen_id == citizen_id)
    theirs = (await session.scalars(query)).all()
    names = await remove_all(session, blobs, theirs)
    await session.execute(delete(DraftRow).where(DraftRow.citizen_id == citizen_id))
    return names
