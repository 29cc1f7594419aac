"""Files of drafts: kept, read, taken away again; and those that arrive piece by piece.

Their blobs are kept apart, so that they go with them. Whatever removes some returns their names:
after the commit, hand them to :meth:`core.blobs.Blobs.discard`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures.models import DraftFileRow, DraftRow, UploadPieceRow, UploadRow
from core.blobs import APART, Blob, Blobs, apart
from core.clock import Clock
from core.ids import new_id

UPLOAD_LIFE = timedelta(days=2)
"""How long an upload waits for its next piece."""


@dataclass(frozen=True, slots=True)
class Upload:
    id: UUID
    field: str
    name: str
    size: int
    received: int
    kept: bool


async def files_of(session: AsyncSession, draft_id: UUID) -> Mapping[str, list[dict[str, Any]]]:
    """By field, as the form sees them."""
    query = select(DraftFileRow).where(DraftFileRow.draft_id == draft_id).order_by(DraftFileRow.id)
    files: dict[str, list[dict[str, Any]]] = {}
    for row in await session.scalars(query):
        files.setdefault(row.field, []).append(
            {
                "id": str(row.id),
                "name": row.name,
                "media_type": row.media_type,
                "size": row.size,
                "sha256": row.sha256,
            }
        )
    return files


async def add_file(
    session: AsyncSession,
    blobs: Blobs,
    draft_id: UUID,
    blob: Blob,
    *,
    field: str,
    name: str,
    media_type: str,
) -> None:
    """``blob`` is staged apart; it is kept in this transaction."""
    await blobs.keep(session, [blob])
    session.add(
        DraftFileRow(
            id=new_id(),
            draft_id=draft_id,
            field=field,
            name=name,
            media_type=media_type,
            size=blob.size - APART,
            sha256=blob.sha256,
            apart=True,
        )
    )


async def contents_of(session: AsyncSession, blobs: Blobs, draft_id: UUID) -> Mapping[str, bytes]:
    """What the files of a draft hold, by the name of their blob."""
    query = select(DraftFileRow.sha256, DraftFileRow.apart).where(DraftFileRow.draft_id == draft_id)
    rows = (await session.execute(query)).all()
    held = await blobs.read_many(session, [sha256 for sha256, _ in rows])
    return {sha256: apart(held[sha256]) if own else held[sha256] for sha256, own in rows}


async def remove_file(
    session: AsyncSession, blobs: Blobs, draft_id: UUID, file_id: str
) -> Sequence[str]:
    """One that is not of this draft stays where it is."""
    try:
        wanted = UUID(file_id)
    except ValueError:
        return []
    return await _remove_files(
        session, blobs, and_(DraftFileRow.id == wanted, DraftFileRow.draft_id == draft_id)
    )


async def remove_all(session: AsyncSession, blobs: Blobs, drafts: Sequence[UUID]) -> Sequence[str]:
    """Every file and every upload of these drafts."""
    return [
        *await _remove_files(session, blobs, DraftFileRow.draft_id.in_(drafts)),
        *await _remove_uploads(session, blobs, UploadRow.draft_id.in_(drafts)),
    ]


async def begin_upload(
    session: AsyncSession, clock: Clock, draft_id: UUID, *, field: str, name: str, size: int
) -> UUID:
    row = UploadRow(
        id=new_id(),
        draft_id=draft_id,
        field=field,
        name=name,
        size=size,
        received=0,
        kept=False,
        changed_at=clock(),
    )
    session.add(row)
    return row.id


async def upload_of(session: AsyncSession, draft_id: UUID, upload_id: UUID) -> Upload | None:
    """None when this draft has none such, or has it no more."""
    query = select(UploadRow).where(UploadRow.id == upload_id, UploadRow.draft_id == draft_id)
    row = await session.scalar(query)
    return _upload(row) if row else None


async def add_piece(
    session: AsyncSession, blobs: Blobs, clock: Clock, upload_id: UUID, start: int, piece: Blob
) -> bool:
    """``piece`` is staged apart. False when something else has arrived there meanwhile."""
    grown = (
        update(UploadRow)
        .where(UploadRow.id == upload_id, UploadRow.received == start)
        .values(received=start + piece.size - APART, changed_at=clock())
        .returning(UploadRow.id)
    )
    if await session.scalar(grown) is None:
        return False
    await blobs.keep(session, [piece])
    session.add(UploadPieceRow(upload_id=upload_id, start=start, sha256=piece.sha256))
    return True


async def whole(session: AsyncSession, blobs: Blobs, upload_id: UUID) -> bytes:
    """All that has arrived of it."""
    query = (
        select(UploadPieceRow.sha256)
        .where(UploadPieceRow.upload_id == upload_id)
        .order_by(UploadPieceRow.start)
    )
    names = (await session.scalars(query)).all()
    held = await blobs.read_many(session, names)
    return b"".join(apart(held[name]) for name in names)


async def claim_upload(session: AsyncSession, clock: Clock, upload_id: UUID) -> bool:
    """Whether it is for the caller to make a file of it: one of two that try at once."""
    claimed = (
        update(UploadRow)
        .where(UploadRow.id == upload_id, ~UploadRow.kept)
        .values(kept=True, changed_at=clock())
        .returning(UploadRow.id)
    )
    return await session.scalar(claimed) is not None


async def drop_pieces(session: AsyncSession, blobs: Blobs, upload_id: UUID) -> Sequence[str]:
    return await _remove_pieces(session, blobs, [upload_id])


async def drop_upload(session: AsyncSession, blobs: Blobs, upload_id: UUID) -> Sequence[str]:
    return await _remove_uploads(session, blobs, UploadRow.id == upload_id)


async def drop_idle(
    session: AsyncSession, blobs: Blobs, draft_id: UUID, since: datetime
) -> Sequence[str]:
    """Uploads of a draft of which nothing has come since then."""
    idle = and_(UploadRow.draft_id == draft_id, ~UploadRow.kept, UploadRow.changed_at < since)
    return await _remove_uploads(session, blobs, idle)


async def sweep_uploads(
    session: AsyncSession, blobs: Blobs, now: datetime, most: int
) -> tuple[int, Sequence[str]]:
    """How many there were that nothing more has come of, and the blobs to be discarded."""
    old = select(UploadRow.id).where(UploadRow.changed_at < now - UPLOAD_LIFE).limit(most)
    gone = (await session.scalars(old)).all()
    return len(gone), await _remove_uploads(session, blobs, UploadRow.id.in_(gone))


async def used_by(session: AsyncSession, draft_id: UUID) -> tuple[int, int]:
    """How many files and bytes a draft has or is about to have. Locks it against another upload."""
    await session.execute(select(DraftRow.id).where(DraftRow.id == draft_id).with_for_update())
    files = select(func.count(), func.coalesce(func.sum(DraftFileRow.size), 0)).where(
        DraftFileRow.draft_id == draft_id
    )
    uploads = select(func.count(), func.coalesce(func.sum(UploadRow.size), 0)).where(
        UploadRow.draft_id == draft_id, ~UploadRow.kept
    )
    (count, size), (more, larger) = (
        (await session.execute(files)).one(),
        (await session.execute(uploads)).one(),
    )
    return int(count) + int(more), int(size) + int(larger)


async def _remove_files(
    session: AsyncSession, blobs: Blobs, which: ColumnElement[bool]
) -> Sequence[str]:
    gone = delete(DraftFileRow).where(which).returning(DraftFileRow.sha256, DraftFileRow.apart)
    names = [sha256 for sha256, own in await session.execute(gone) if own]
    await blobs.remove(session, names)
    return names


async def _remove_uploads(
    session: AsyncSession, blobs: Blobs, which: ColumnElement[bool]
) -> Sequence[str]:
    uploads = (await session.scalars(select(UploadRow.id).where(which))).all()
    names = await _remove_pieces(session, blobs, uploads)
    await session.execute(delete(UploadRow).where(UploadRow.id.in_(uploads)))
    return names


async def _remove_pieces(
    session: AsyncSession, blobs: Blobs, uploads: Sequence[UUID]
) -> Sequence[str]:
    gone = (
        delete(UploadPieceRow)
        .where(UploadPieceRow.upload_id.in_(uploads))
        .returning(UploadPieceRow.sha256)
    )
    names = (await session.scalars(gone)).all()
    await blobs.remove(session, names)
    return names


def _upload(row: UploadRow) -> Upload:
    return Upload(row.id, row.field, row.name, row.size, row.received, row.kept)
