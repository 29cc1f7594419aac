"""Files that are made to do harm are read or refused inside the limit of memory, by a process
that may die; the town never does."""

from functools import partial
from pathlib import Path

import pytest

from core.errors import BadInput
from core.processes import Processes, WorkerDied
from ocr.limits import confine
from ocr.page import Limits, Options
from ocr.reading import read_page
from tests.ocr.hostile import huge_page, many_pages, pdf_with_a_bomb, png_bomb, tiff_bomb

MEMORY = 1024**3
OPTIONS = Options(languages="fra", limits=Limits(pixels=10_000_000, memory=MEMORY))


def try_page(path: Path, index: int) -> tuple[str, int]:
    """What became of it, and the most memory (bytes) that the process has had so far."""
    try:
        page = read_page(path, index, OPTIONS)
        outcome = "blank" if page.blank else page.text
    except (BadInput, MemoryError) as problem:
        outcome = f"refused: {problem}"
    return outcome, most_memory()


def most_memory() -> int:
    """``VmHWM`` of this process; ``ru_maxrss`` would begin at what its parent had when it forked
    (getrusage(2)), and pytest's own process grows with the tests it has run."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def eat(size: int) -> int:
    return len(bytearray(size))


async def test_hostile_files_stay_inside_the_limit(tmp_path: Path) -> None:
    processes = Processes(1, partial(confine, MEMORY))
    outcomes = []
    try:
        for number, (content, index) in enumerate(
            (
                (png_bomb(100_000), 0),
                (tiff_bomb(100_000), 0),
                (huge_page(1_000_000), 0),
                (many_pages(10_000), 9_999),
                (b"\x7fELF" + bytes(5_000), 0),
            )
        ):
            path = tmp_path / f"{number}.pdf"
            path.write_bytes(content)
            outcome, most = await processes.run(try_page, path, index)
            outcomes.append(outcome)
            assert most < MEMORY
    finally:
        processes.close()
    assert outcomes[:2] == ["refused: the image is too large: 100000 × 100000 pixels"] * 2
    assert outcomes[2:4] == ["blank", "blank"]
    assert "neither a PDF nor an image" in outcomes[4]


async def test_a_picture_that_grows_to_gigabytes_kills_nothing_but_its_process(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bomb.pdf"
    path.write_bytes(pdf_with_a_bomb(60_000))
    assert path.stat().st_size < 5_000_000
    processes = Processes(1, partial(confine, MEMORY))
    try:
        _, most = await processes.run(try_page, path, 0)
        assert most < 1.3 * MEMORY  # code and files count here, but not in the limit
    except WorkerDied:
        pass
    finally:
        assert await processes.run(eat, 1_000) == 1_000
        processes.close()


async def test_more_memory_than_the_limit_is_not_given() -> None:
    processes = Processes(1, partial(confine, MEMORY))
    try:
        with pytest.raises(MemoryError):
            await processes.run(eat, 2 * MEMORY)
    finally:
        processes.close()
