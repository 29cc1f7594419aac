"""Can large files be kept where the settings say?"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import from_url

from core.ids import new_id
from guichet.findings import Level, Result

MEND = "set GUICHET_BLOBS and the store's own settings, such as AWS_ENDPOINT and AWS_ACCESS_KEY_ID"
WAIT = 6.0  # seconds for a bucket
_PROBE = b"guichet check"


async def check_blobs(url: str) -> Result:
    """A bucket is tried with a probe that is gone afterwards."""
    return await _check_bucket(url) if "://" in url else _check_folder(Path(url))


def _check_folder(folder: Path) -> Result:
    trouble = folder_trouble(folder.resolve())
    if trouble:
        return Result("blobs", Level.BAD, f"{trouble}; set GUICHET_BLOBS or the rights")
    return Result("blobs", Level.OK, str(folder))


def folder_trouble(folder: Path) -> str:
    """Why it cannot be written to, or made; empty when it can."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir():
        return f"{there} is no folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} cannot be written" + ("" if there == folder else f", to make {folder}")
    return ""


async def _check_bucket(url: str) -> Result:
    name = f".guichet-check-{new_id()}"
    try:
        # Options of the client would take the place of those in the environment.
        store = from_url(url, retry_config={"max_retries": 0})
        async with asyncio.timeout(WAIT):
            await obstore.put_async(store, name, _PROBE)
            answer = await obstore.get_async(store, name)
            came_back = bytes(await answer.bytes_async()) == _PROBE
    except TimeoutError:
        return Result("blobs", Level.BAD, f"{url} does not answer; {MEND}")
    except (BaseError, OSError, ValueError) as problem:
        told, *_ = str(problem).split("Debug source")  # what follows is for programmers of Rust
        return Result("blobs", Level.BAD, f"{url}: {' '.join(told.split())}; {MEND}")
    deleted = False
    with suppress(BaseError, OSError, TimeoutError):
        async with asyncio.timeout(WAIT / 4):
            await obstore.delete_async(store, name)
            deleted = True
    if not came_back:
        return Result("blobs", Level.BAD, f"{url} gave back something else than was put; {MEND}")
    if not deleted:  # Guichet never deletes one
        return Result("blobs", Level.NOTE, f"{url} works, but keeps the probe {name}")
    return Result("blobs", Level.OK, f"{url} takes and gives back")
