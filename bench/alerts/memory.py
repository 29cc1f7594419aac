"""The most memory that each process of a town had, its processes beside included one by one."""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK = 0.5  # seconds between two looks
MOST = 400  # megabytes that a process may have at most, however many subscribers there are


@contextmanager
def watched(pids: Callable[[], Mapping[str, int]]) -> Iterator[dict[str, int]]:
    """Megabytes by the process's name; a child's name has that of what it runs behind a slash."""
    most: dict[str, int] = {}
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            _look(pids(), most)
            stop.wait(LOOK)

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield most
    finally:
        stop.set()
        watching.join()


def _look(pids: Mapping[str, int], most: dict[str, int]) -> None:
    children = _children()
    for name, pid in pids.items():
        _note(name, pid, most)
        beside = list(children[pid])
        while beside:
            child = beside.pop()
            _note(f"{name}/beside", child, most)
            beside += children[child]


def _note(name: str, pid: int, most: dict[str, int]) -> None:
    with suppress(OSError):  # it has just ended
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                most[name] = max(most.get(name, 0), int(line.split()[1]) // 1024)


def _children() -> Mapping[int, list[int]]:
    children = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = path.read_text().rpartition(")")[2].split()[1]
            children[int(parent)].append(int(path.parent.name))
    return children
