"""A watched folder: files are taken once they are whole, and never before they are safe."""

import asyncio
import errno
import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.folder import UNFINISHED, Dropped, WatchedFolder
from core.errors import Later
from core.ids import new_id
from ingest import Accepted, Arrival, ChannelName

PDF = b"%PDF-1.7\nwhatever a scanner writes\n%%EOF\n"
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


class Accepting:
    """The town's acceptance: keeps what it says yes to, by key."""

    def __init__(self) -> None:
        self.arrivals: dict[str, Arrival] = {}
        self.asked = 0
        self.problem: Exception | None = None

    async def __call__(self, arrival: Arrival) -> Accepted:
        self.asked += 1
        if self.problem is not None:
            raise self.problem
        self.arrivals.setdefault(arrival.key, arrival)
        return Accepted(new_id())


@pytest.fixture
def accept() -> Accepting:
    return Accepting()


def watched(path: Path, *, settle: float = 0.0, max_size: int = 1_000) -> WatchedFolder:
    path.mkdir(exist_ok=True)

    def arrival(dropped: Dropped) -> Arrival:
        key = f"{len(dropped.content)}:{dropped.content[:40]!r}"
        facts = {"file": dropped.name, "queue": dropped.folder}
        return Arrival(ChannelName.SCAN, key, dropped.content, facts)

    def problem(dropped: Dropped) -> str:
        return "" if dropped.content.startswith(b"%PDF") else "it is no PDF"

    return WatchedFolder(
        ChannelName.SCAN,
        path,
        arrival,
        problem,
        settle=settle,
        max_size=max_size,
        clock=lambda: NOW,
        poll=0.01,
    )


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_a_file_is_accepted_and_then_moved_to_the_archive(
    tmp_path: Path, accept: Accepting
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "letter.pdf").write_bytes(PDF)
    await folder.round(accept)
    (arrival,) = accept.arrivals.values()
    assert arrival.raw == PDF
    assert left(folder.path) == ["archive/2026-11/letter.pdf"]


async def test_a_subfolder_is_told(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "etat-civil").mkdir()
    (folder.path / "etat-civil" / "letter.pdf").write_bytes(PDF)
    await folder.round(accept)
    (arrival,) = accept.arrivals.values()
    assert arrival.facts["queue"] == "etat-civil"


async def test_a_file_that_is_written_slowly_is_taken_whole(
    tmp_path: Path, accept: Accepting
) -> None:
    folder = watched(tmp_path / "scans", settle=0.1, max_size=100_000)
    path = folder.path / "slow.pdf"
    running = asyncio.create_task(folder.run(accept))
    pieces = [b"%PDF-1.7\n", *[b"x" * 1_000] * 20, b"%%EOF\n"]
    with path.open("wb", buffering=0) as file:
        for piece in pieces:
            await asyncio.to_thread(file.write, piece)
            await asyncio.sleep(0.02)
            assert not accept.arrivals
    async with asyncio.timeout(10):
        while path.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()
    (arrival,) = accept.arrivals.values()
    assert arrival.raw == b"".join(pieces)


async def test_a_file_without_its_end_is_waited_for(
    tmp_path: Path, accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "half.pdf").write_bytes(PDF[:20])
    await folder.round(accept)
    assert not accept.arrivals
    monkeypatch.setattr("channels.folder.UNFINISHED", 0.0)  # as if a minute had gone
    await folder.round(accept)
    assert len(accept.arrivals) == 1
    assert UNFINISHED == 60.0


@pytest.mark.parametrize(
    "name", [".hidden.pdf", "letter.pdf.part", "letter.PDF.tmp", "letter.pdf~"]
)
async def test_what_is_still_called_otherwise_is_left_until_it_is_renamed(
    tmp_path: Path, accept: Accepting, name: str
) -> None:
    folder = watched(tmp_path / "scans")
    path = folder.path / name
    path.write_bytes(PDF)
    await folder.round(accept)
    assert not accept.arrivals
    path.rename(folder.path / "letter.pdf")
    await folder.round(accept)
    assert len(accept.arrivals) == 1


async def test_a_file_stays_while_the_store_is_away(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "letter.pdf").write_bytes(PDF)
    accept.problem = Later("the disk is full")
    with pytest.raises(Later):
        await folder.round(accept)
    assert left(folder.path) == ["letter.pdf"]
    accept.problem = None
    await folder.round(accept)
    assert left(folder.path) == ["archive/2026-11/letter.pdf"]


async def test_a_crash_between_yes_and_the_move_doubles_nothing(
    tmp_path: Path, accept: Accepting
) -> None:
    folder = watched(tmp_path / "scans")
    path = folder.path / "letter.pdf"
    path.write_bytes(PDF)
    await folder.round(accept)
    (folder.path / "archive" / "2026-11" / "letter.pdf").rename(path)  # as it was before the move
    await watched(folder.path).round(accept)
    assert accept.asked == 2
    assert len(accept.arrivals) == 1


async def test_what_is_no_pdf_is_accepted_and_put_aside_with_the_reason(
    tmp_path: Path, accept: Accepting
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "tool.pdf").write_bytes(b"\x7fELF and so on")
    await folder.round(accept)
    assert len(accept.arrivals) == 1
    assert left(folder.path) == ["reject/tool.pdf", "reject/tool.pdf.reason.txt"]
    assert (folder.path / "reject" / "tool.pdf.reason.txt").read_text() == "it is no PDF\n"


async def test_an_empty_or_a_huge_file_is_put_aside_unread(
    tmp_path: Path, accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "empty.pdf").write_bytes(b"")
    (folder.path / "huge.pdf").write_bytes(b"%PDF-" + bytes(2_000) + b"%%EOF")
    await folder.round(accept)
    assert "empty.pdf" in left(folder.path), "somebody may have begun to write"
    monkeypatch.setattr("channels.folder.UNFINISHED", 0.0)  # as if a minute had gone
    await folder.round(accept)
    assert not accept.arrivals
    assert [name for name in left(folder.path) if not name.endswith("txt")] == [
        "reject/empty.pdf",
        "reject/huge.pdf",
    ]


async def test_nothing_in_the_archive_is_written_over(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    for content in (PDF, PDF + b"2"):
        (folder.path / "letter.pdf").write_bytes(content)
        await folder.round(accept)
    assert left(folder.path) == ["archive/2026-11/letter-2.pdf", "archive/2026-11/letter.pdf"]


async def test_a_link_leads_nowhere(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(PDF)
    (folder.path / "letter.pdf").symlink_to(secret)
    await folder.round(accept)
    assert not accept.arrivals


async def test_one_file_that_cannot_be_moved_stops_no_other(
    tmp_path: Path, accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "a.pdf").write_bytes(PDF)
    (folder.path / "b.pdf").write_bytes(PDF + b"2")
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "a.pdf":
            raise PermissionError("not yours")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    await folder.round(accept)
    assert left(folder.path) == ["a.pdf", "archive/2026-11/b.pdf"]
    asked = accept.asked
    await folder.round(accept)
    assert accept.asked == asked, "it is left alone for a while"


async def test_a_folder_that_is_away_is_waited_for(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    os.rmdir(folder.path)  # noqa: PTH106
    running = asyncio.create_task(folder.run(accept))
    await asyncio.sleep(0.05)
    folder.path.mkdir()
    (folder.path / "letter.pdf").write_bytes(PDF)
    async with asyncio.timeout(10):
        while not accept.arrivals:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    running.cancel()


async def test_a_file_that_somebody_has_locked_is_left(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "faxes")
    with (folder.path / "fax00042.tif").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(PDF)
        file.flush()
        await folder.round(accept)
        assert not accept.arrivals
    await folder.round(accept)
    assert len(accept.arrivals) == 1


async def test_what_grows_while_it_is_accepted_is_not_put_away(
    tmp_path: Path, accept: Accepting
) -> None:
    folder = watched(tmp_path / "scans")
    path = folder.path / "letter.pdf"
    path.write_bytes(PDF)

    async def meanwhile(arrival: Arrival) -> Accepted:
        with path.open("ab") as file:
            file.write(b"more\n%%EOF\n")
        return await accept(arrival)

    await folder.round(meanwhile)
    assert left(folder.path) == ["letter.pdf"]
    await folder.round(accept)
    assert len(accept.arrivals) == 2
    assert left(folder.path) == ["archive/2026-11/letter.pdf"]


async def test_a_subfolder_that_may_not_be_read_stops_no_other(
    tmp_path: Path, accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "secret").mkdir()
    (folder.path / "letter.pdf").write_bytes(PDF)
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if path.name == "secret":
            raise PermissionError("not yours")  # root may read everything
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    await folder.round(accept)
    assert len(accept.arrivals) == 1


async def test_a_subfolder_on_another_disk_is_emptied_by_copying(
    tmp_path: Path, accept: Accepting, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / "letter.pdf").write_bytes(PDF)
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "letter.pdf":
            raise OSError(errno.EXDEV, "another file system")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    await folder.round(accept)
    assert left(folder.path) == ["archive/2026-11/letter.pdf"]
    assert (folder.path / "archive" / "2026-11" / "letter.pdf").read_bytes() == PDF


async def test_a_name_may_be_as_long_as_a_disk_takes(tmp_path: Path, accept: Accepting) -> None:
    folder = watched(tmp_path / "scans")
    (folder.path / f"{'é' * 125}.pdf").write_bytes(b"no PDF")
    await folder.round(accept)
    assert len(left(folder.path)) == 2
