"""Content-addressed storage. What is small lives in the store, what is large in a bucket.

A small blob (most mails are) becomes durable with the transaction that mentions it, so that many
share one fsync; a large one is written, and flushed, to the object store before that transaction
begins. A blob without a mention is harmless: its name is its content.
"""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url
from sqlalchemy import LargeBinary, String, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from core.database import Base, insert_new
from core.errors import Later, NotThere

SMALL = 64 * 1024  # bytes: up to here a blob lives in the store

APART = 16  # random bytes before what is kept apart


class BlobRow(Base):
    __tablename__ = "blobs"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """None when the object store holds it."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob that is ready to be mentioned: durable already, or small enough to come along."""

    sha256: str
    size: int
    content: bytes | None

    def row(self) -> dict[str, object]:
        return {"sha256": self.sha256, "size": self.size, "content": self.content}


class Blobs:
    """``url`` is a folder, or what ``obstore`` understands: ``s3://bucket/prefix`` and others."""

    def __init__(self, url: str) -> None:
        self._store: ObjectStore
        self._folder: Path | None = None
        if "://" in url:
            self._store = from_url(url)
        else:
            self._folder = Path(url)
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(prefix=self._folder)

    async def stage(self, content: bytes) -> Blob:
        """Make ``content`` ready for :meth:`keep`; when large it is durable on return.

        Raises Later when the object store is full or away.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        if len(content) <= SMALL:
            return Blob(sha256, len(content), content)
        try:
            await obstore.put_async(self._store, _path(sha256), content)
            if self._folder is not None:
                await asyncio.to_thread(_flush, self._folder / _path(sha256))
        except (BaseError, OSError) as problem:
            raise Later(f"the blob could not be stored: {problem}") from problem
        return Blob(sha256, len(content), None)

    async def stage_apart(self, content: bytes) -> Blob:
        """As :meth:`stage`, but never the same blob twice, whatever the content: it can be removed
        (:meth:`remove`) without asking who else mentions it. Read it through :func:`apart`."""
        return await self.stage(secrets.token_bytes(APART) + content)

    async def keep(self, session: AsyncSession, blobs: Sequence[Blob]) -> None:
        """Enter the blobs in the store, in the caller's transaction."""
        await insert_new(session, BlobRow, [blob.row() for blob in blobs])

    async def remove(self, session: AsyncSession, names: Sequence[str]) -> None:
        """Take blobs out in the caller's transaction, which takes their last mentions out.

        Only for what nobody else can have: what is sealed is never the same twice. Call
        :meth:`discard` after the commit.
        """
        await session.execute(delete(BlobRow).where(BlobRow.sha256.in_(names)))

    async def discard(self, names: Sequence[str]) -> None:
        """Delete what the object store holds of them. What cannot be is mentioned nowhere."""
        if not names:
            return
        with suppress(BaseError, OSError):
            await obstore.delete_async(self._store, [_path(name) for name in names])

    async def read(self, session: AsyncSession, sha256: str) -> bytes:
        """The content. Raises NotThere when no such blob was kept."""
        return (await self.read_many(session, [sha256]))[sha256]

    async def read_many(self, session: AsyncSession, names: Collection[str]) -> dict[str, bytes]:
        """The contents by their SHA-256.

        Raises NotThere when one of them was never kept, Later when the object store is away.
        """
        query = select(BlobRow.sha256, BlobRow.content).where(BlobRow.sha256.in_(names))
        small = dict((await session.execute(query)).all())
        contents = {}
        for sha256 in names:
            if sha256 not in small:
                raise NotThere(f"no blob {sha256}")
            contents[sha256] = small[sha256] or await self._fetch(sha256)
        return contents

    @asynccontextmanager
    async def file(self, session: AsyncSession, sha256: str) -> AsyncIterator[Path]:
        """The content as a file to be read, for programs and processes beside.

        Raises NotThere, Later as :meth:`read_many` does.
        """
        local = self._folder / _path(sha256) if self._folder is not None else None
        if local is not None and await asyncio.to_thread(local.is_file):
            yield local
            return
        content = await self.read(session, sha256)
        with TemporaryDirectory(prefix="guichet-blob-") as folder:
            path = Path(folder) / sha256
            await asyncio.to_thread(path.write_bytes, content)
            yield path

    async def _fetch(self, sha256: str) -> bytes:
        if sha256 == hashlib.sha256(b"").hexdigest():
            return b""
        try:
            answer = await obstore.get_async(self._store, _path(sha256))
            return bytes(await answer.bytes_async())
        except FileNotFoundError as problem:
            raise NotThere(f"no blob {sha256}") from problem
        except (BaseError, OSError) as problem:
            raise Later(f"the blob could not be read: {problem}") from problem


def apart(content: bytes) -> bytes:
    """What was given to :meth:`Blobs.stage_apart`, of what the blob holds."""
    return content[APART:]


def _path(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _flush(path: Path) -> None:
    """Flush a file and the folders that name it: obstore leaves that to the kernel."""
    for target in (path, path.parent, path.parent.parent, path.parent.parent.parent):
        descriptor = os.open(target, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
