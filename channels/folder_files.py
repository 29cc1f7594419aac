"""The files of a watched folder: which there are, whether they are at rest, and moving them."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TEMPORARY = (".part", ".partial", ".tmp", ".temp", ".filepart", ".crdownload", ".swp", "~", ".lock")
"""Endings of names under which programs write, before they rename."""
LONGEST_NAME = 200  # bytes; file systems take 255, and a number and an ending may be added


@dataclass(frozen=True, slots=True)
class Found:
    files: dict[Path, os.stat_result]
    unreadable: frozenset[str]
    """Subfolders that may not be read."""


def files_in(folder: Path, besides: Collection[str]) -> Found:
    """The files in the folder and in its subfolders (but ``besides``), one level deep; no links are
    followed. Raises OSError when the folder itself cannot be read."""
    files: dict[Path, os.stat_result] = {}
    unreadable = set()
    for entry in _entries(folder):
        if not entry.is_dir(follow_symlinks=False):
            _add(entry, files)
        elif entry.name not in besides:
            try:
                inner = _entries(Path(entry.path))
            except OSError:
                unreadable.add(entry.path)
                continue
            for one in inner:
                _add(one, files)
    return Found(files, frozenset(unreadable))


def is_locked(descriptor: int) -> bool:
    """Whether somebody else holds a lock; not where the file system knows none."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def is_still(path: Path, read: os.stat_result) -> bool:
    """Whether the file there is the one that was read, and nothing came since."""
    with suppress(FileNotFoundError):
        now = path.lstat()  # not its inode: some network file systems make a new one each time
        return (now.st_size, now.st_mtime_ns) == (read.st_size, read.st_mtime_ns)
    return False


def free_name(folder: Path, name: str) -> Path:
    """Nothing that is there is written over."""
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f"{Path(name).stem[:40]}{Path(name).suffix[:10]}"
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
    return path


def move(path: Path, target: Path) -> None:
    try:
        path.rename(target)
    except OSError as problem:
        if problem.errno != errno.EXDEV:  # a subfolder may be a file system of its own
            raise
        _copy(path, target)
        path.unlink()


def _copy(path: Path, target: Path) -> None:
    """Under a hidden name until it is whole and on the disk."""
    draft = target.with_name(f".{target.name}")
    with path.open("rb") as given, draft.open("wb") as written:
        shutil.copyfileobj(given, written)
        written.flush()
        os.fsync(written.fileno())
    draft.rename(target)


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        return [
            entry
            for entry in entries
            if not entry.name.startswith(".") and not entry.name.lower().endswith(TEMPORARY)
        ]


def _add(entry: "os.DirEntry[str]", files: dict[Path, os.stat_result]) -> None:
    with suppress(OSError):  # it went away, or its file system did
        info = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(info.st_mode):
            files[Path(entry.path)] = info
