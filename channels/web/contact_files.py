"""Files of a contact form that is shown again: kept meanwhile, for no browser fills in a file field
a second time.

They belong to one page, by the nonce that it carries. Their blobs are kept apart, so that they go
with them: when the citizen takes one away, soon after the form was sent, or when the nonce is old.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import ColumnElement, ForeignKey, String, Text, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from channels.web.submission import MAX_FILES, File
from channels.web.tokens import NONCE_LIFE
from core.away import later_when_away
from core.blobs import APART, Blobs, apart
from core.clock import Clock
from core.database import Base, Database, UtcDateTime, insert_new
from core.errors import Later

LIFE = timedelta(seconds=NONCE_LIFE)
SENT_LIFE = timedelta(hours=1)
"""After they were sent: who sends the same page twice sends the same request."""
IN_ALL = 1 << 30
"""Bytes of the files of all forms together: robots can send any number of forms."""
_IDS = UUID("0d2f0f5e-94f4-4c1c-9f0b-5a0c6f3b7d11")


class ContactFileRow(Base):
    __tablename__ = "contact_files"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    """Follows from the page, the name and the content: what is chosen twice is one."""
    form: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the page's nonce."""
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(ForeignKey("blobs.sha256"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True)
class KeptFile:
    id: UUID
    name: str
    size: int
    """Bytes."""


@dataclass(frozen=True, slots=True)
class ContactFiles:
    """Whatever reads or writes raises Later when the store or the object store is away."""

    database: Database
    blobs: Blobs
    clock: Clock
    most: int
    """Bytes of all files of a form together."""
    in_all: int = IN_ALL

    async def keep(self, nonce: str, files: Sequence[File]) -> list[str]:
        """Keep what was chosen beside what is there; returns the names of what has no room.

        Raises Later, too, when all forms together have no room for more.
        """
        if files:
            await self._check_room_in_all(sum(len(file.content) for file in files))
        kept, refused = list(await self.kept(nonce)), []
        known = {one.id for one in kept}
        for file in files:
            row_id = _id(nonce, file)
            if row_id in known:
                continue
            if not self.has_room([*(one.size for one in kept), len(file.content)]):
                refused.append(file.name)
                continue
            await self._add(nonce, row_id, len(kept), file)
            kept.append(KeptFile(row_id, file.name, len(file.content)))
            known.add(row_id)
        return refused

    def has_room(self, sizes: Sequence[int]) -> bool:
        """Whether a form may have files of these sizes."""
        return len(sizes) <= MAX_FILES and sum(sizes) <= self.most

    async def kept(self, nonce: str) -> Sequence[KeptFile]:
        """In the order in which they came."""
        with later_when_away():
            async with self.database.read() as session:
                return [KeptFile(row.id, row.name, row.size) for row in await _rows(session, nonce)]

    async def contents(self, nonce: str) -> list[File]:
        """The same, as they were chosen."""
        with later_when_away():
            async with self.database.read() as session:
                rows = await _rows(session, nonce)
                held = await self.blobs.read_many(session, [row.sha256 for row in rows])
        return [File(row.name, row.media_type, apart(held[row.sha256])) for row in rows]

    async def remove(self, nonce: str, file_id: str) -> None:
        """One that is not of this page stays where it is."""
        try:
            wanted = UUID(file_id)
        except ValueError:
            return
        which = and_(ContactFileRow.id == wanted, ContactFileRow.form == _form(nonce))
        with later_when_away():
            async with self.database.begin() as session:
                gone = await _remove(session, self.blobs, which)
        await self.blobs.discard(gone)

    async def sent(self, nonce: str) -> None:
        """The intake has them now."""
        of_page = update(ContactFileRow).where(ContactFileRow.form == _form(nonce))
        with later_when_away():
            async with self.database.begin() as session:
                await session.execute(of_page.values(expires_at=self.clock() + SENT_LIFE))

    async def _check_room_in_all(self, more: int) -> None:
        with later_when_away():
            async with self.database.read() as session:
                held = await session.scalar(select(func.sum(ContactFileRow.size))) or 0
        if held + more > self.in_all:
            raise Later("too many files of forms that were not sent")

    async def _add(self, nonce: str, row_id: UUID, position: int, file: File) -> None:
        blob = await self.blobs.stage_apart(file.content)
        row = {
            "id": row_id,
            "form": _form(nonce),
            "position": position,
            "name": file.name,
            "media_type": file.media_type,
            "size": blob.size - APART,
            "sha256": blob.sha256,
            "expires_at": self.clock() + LIFE,
        }
        held = select(ContactFileRow.sha256).where(ContactFileRow.id == row_id)
        with later_when_away():
            async with self.database.begin() as session:
                await self.blobs.keep(session, [blob])
                await insert_new(session, ContactFileRow, [row])
                is_another = await session.scalar(held) != blob.sha256
                if is_another:
                    # Sent twice at once: no row names this blob, so that no sweep would find it.
                    await self.blobs.remove(session, [blob.sha256])
        if is_another:
            await self.blobs.discard([blob.sha256])


async def sweep_contact_files(
    session: AsyncSession, blobs: Blobs, now: datetime, most: int
) -> tuple[int, Sequence[str]]:
    """How many have expired, ``most`` at once, and the blobs to be discarded."""
    old = select(ContactFileRow.id).where(ContactFileRow.expires_at < now).limit(most)
    gone = (await session.scalars(old)).all()
    return len(gone), await _remove(session, blobs, ContactFileRow.id.in_(gone))


async def _rows(session: AsyncSession, nonce: str) -> Sequence[ContactFileRow]:
    of_page = select(ContactFileRow).where(ContactFileRow.form == _form(nonce))
    ordered = of_page.order_by(ContactFileRow.position, ContactFileRow.id)
    return (await session.scalars(ordered)).all()


async def _remove(session: AsyncSession, blobs: Blobs, which: ColumnElement[bool]) -> Sequence[str]:
    gone = delete(ContactFileRow).where(which).returning(ContactFileRow.sha256)
    names = (await session.scalars(gone)).all()
    await blobs.remove(session, names)
    return names


def _form(nonce: str) -> str:
    return hashlib.sha256(nonce.encode()).hexdigest()


def _id(nonce: str, file: File) -> UUID:
    content = hashlib.sha256(file.content).hexdigest()
    return uuid5(_IDS, f"{_form(nonce)} {content} {file.name}")
