from pathlib import Path

import pytest

from core.blobs import SMALL, Blobs
from core.database import Database
from core.errors import NotThere

SIZES = [0, 1, SMALL, SMALL + 1, 3_000_000]


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_kept_is_read_back(database: Database, blobs: Blobs, size: int) -> None:
    content = b"x" * size
    blob = await blobs.stage(content)
    async with database.begin() as session:
        await blobs.keep(session, [blob, blob])
    async with database.read() as session:
        assert await blobs.read(session, blob.sha256) == content


async def test_a_large_blob_is_a_file_named_after_its_content(
    database: Database, blobs: Blobs, tmp_path: Path
) -> None:
    blob = await blobs.stage(b"y" * (SMALL + 1))
    files = [path.name for path in (tmp_path / "var" / "blobs").rglob("*") if path.is_file()]
    assert files == [blob.sha256]


async def test_a_blob_that_was_never_kept_is_not_there(database: Database, blobs: Blobs) -> None:
    async with database.read() as session:
        with pytest.raises(NotThere):
            await blobs.read(session, "0" * 64)
