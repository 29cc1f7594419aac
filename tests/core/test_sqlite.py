"""What of a transaction waits for SQLite's thread, and when it is on the disk."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from citizens import CitizenRow
from core.database import Database, announce, insert_new
from core.ids import new_id
from tests.builders import NOON

NORMAL, FULL = 1, 2  # as "PRAGMA synchronous" tells them


class Disk:
    """A slow one: what is written is on it once ``open`` is set."""

    def __init__(self) -> None:
        self.open, self.asked = Event(), list[int]()
        self.problem: OSError | None = None

    def sync(self, descriptor: int) -> None:
        self.asked.append(descriptor)
        if not self.open.wait(10):
            raise TimeoutError
        if self.problem:
            raise self.problem


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def store(sqlite_template: Path, tmp_path: Path, disk: Disk) -> AsyncIterator[Database]:
    path = tmp_path / "guichet.db"
    shutil.copy(sqlite_template, path)
    store = Database(f"sqlite+aiosqlite:///{path}", disk.sync)
    yield store
    disk.open.set()
    await store.close()


async def write(store: Database, *names: str, patient: bool = False) -> None:
    async with store.begin(patient=patient) as session:
        announce(session, names)
        await insert_new(session, CitizenRow, [citizen(name) for name in names])


async def names(store: Database) -> set[str]:
    async with store.read() as session:
        return set(await session.scalars(select(CitizenRow.name)))


async def asked(disk: Disk) -> None:
    """Until the disk has something to do."""
    while not disk.asked:  # noqa: ASYNC110 - the thread tells nobody
        await asyncio.sleep(0)


async def test_the_patient_wait_for_the_disk_and_nobody_waits_for_them(
    store: Database, disk: Disk
) -> None:
    told: list[object] = []
    store.after_commit(told.extend)
    patient = asyncio.create_task(write(store, "patient", patient=True))
    await asked(disk)
    await write(store, "waited for")
    assert await names(store) == {"patient", "waited for"}
    assert told == ["waited for"]
    assert not patient.done()
    disk.open.set()
    await patient
    assert told == ["waited for", "patient"]


async def test_those_who_come_while_the_disk_is_at_work_share_its_next_turn(
    store: Database, disk: Disk
) -> None:
    tasks = [asyncio.create_task(write(store, name, patient=True)) for name in "abcdef"]
    while len(await names(store)) < len(tasks):
        pass
    assert not any(task.done() for task in tasks)
    disk.open.set()
    await asyncio.gather(*tasks)
    assert len(disk.asked) == 2


async def test_after_the_disk_has_failed_nothing_is_written(store: Database, disk: Disk) -> None:
    disk.problem = OSError("it is broken")
    disk.open.set()
    with pytest.raises(OSError, match="it is broken"):
        await write(store, "perhaps lost", patient=True)
    for patient in (True, False):
        with pytest.raises(OSError, match="did not reach the disk"):
            await write(store, "refused", patient=patient)
    assert "refused" not in await names(store)


async def test_who_waits_behind_a_disk_that_fails_is_not_told_that_all_is_well(
    store: Database, disk: Disk
) -> None:
    """The kernel tells of a failure once: who asks again hears that nothing is wrong."""
    told: list[object] = []
    store.after_commit(told.extend)
    first = asyncio.create_task(write(store, "first", patient=True))
    await asked(disk)
    second = asyncio.create_task(write(store, "second", patient=True))
    while "second" not in await names(store):
        pass
    disk.problem = OSError("it is broken")
    disk.open.set()
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert all(isinstance(result, OSError) for result in results)
    assert (len(disk.asked), told) == (1, [])


async def test_what_does_not_write_waits_for_no_disk(tmp_path: Path) -> None:
    store = Database(f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}")
    async with store.begin(patient=True):
        pass
    await store.close()


async def test_who_is_waited_for_is_on_the_disk_with_the_commit(
    store: Database, disk: Disk
) -> None:
    disk.open.set()
    for patient, level in ((False, FULL), (True, NORMAL), (False, FULL), (True, NORMAL)):
        async with store.begin(patient=patient) as session:
            assert await session.scalar(text("PRAGMA synchronous")) == level


async def test_what_is_done_later_is_done_in_its_order_or_not_at_all(store: Database) -> None:
    async with store.begin() as session:
        await insert_new(session, CitizenRow, [citizen("Jeanne"), citizen("Paul")])
        assert await session.scalar(select(func.count()).select_from(CitizenRow)) == 2
        await insert_new(session, CitizenRow, [citizen("Anne")])
    with pytest.raises(RuntimeError):
        async with store.begin() as session:
            await insert_new(session, CitizenRow, [citizen("Nobody")])
            raise RuntimeError
    await write(store, "Marie")
    assert await names(store) == {"Jeanne", "Paul", "Anne", "Marie"}


async def test_what_is_wrong_with_it_fails_the_transaction(store: Database) -> None:
    with pytest.raises(IntegrityError):
        async with store.begin() as session:
            session.add(CitizenRow(**citizen("Paul")))
            await session.flush()
            await insert_new(session, CitizenRow, [citizen("Jeanne"), citizen(None)])
    await write(store, "Anne")
    assert await names(store) == {"Anne"}


async def test_what_is_broken_off_leaves_nothing(store: Database) -> None:
    async def half() -> None:
        async with store.begin() as session:
            await session.execute(text("UPDATE queues SET name = name"))
            await insert_new(session, CitizenRow, [citizen("half")])
            await session.execute(text("UPDATE queues SET name = name"))
            await asyncio.sleep(10)

    for steps in range(12):
        task = asyncio.create_task(half())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait({task})
        await write(store, str(steps))
    assert await names(store) == {str(steps) for steps in range(12)}


async def test_a_transaction_in_which_nothing_is_done_waits_for_no_other_process(
    store: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "guichet.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    async with asyncio.timeout(1), store.begin():
        pass
    other.close()


def citizen(name: str | None) -> dict[str, object]:
    return {"id": new_id(), "name": name, "language": "", "created_at": NOON}
