import asyncio
import os
import signal
import time

import pytest

from core.processes import Processes, WorkerDied


def double(number: int) -> int:
    return 2 * number


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def hang() -> None:
    time.sleep(3600)


async def test_work_is_done_in_another_process() -> None:
    processes = Processes(1)
    assert await processes.run(double, 21) == 42
    assert await processes.run(os.getpid) != os.getpid()
    processes.close()


async def test_a_process_that_dies_spoils_its_own_work_alone() -> None:
    processes = Processes(1)
    with pytest.raises(WorkerDied, match="died"):
        await processes.run(die)
    assert await processes.run(double, 1) == 2
    processes.close()


async def test_what_waits_for_a_process_when_they_are_restarted_can_be_given_again() -> None:
    processes = Processes(1)
    works = [asyncio.create_task(processes.run(hang)) for _ in range(4)]
    await asyncio.sleep(0)
    processes.restart()
    results = await asyncio.gather(*works, return_exceptions=True)
    assert [type(result) for result in results] == [WorkerDied] * 4
    assert await processes.run(double, 2) == 4
    processes.close()


async def test_a_process_that_hangs_is_ended() -> None:
    processes = Processes(1)
    await processes.run(double, 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await processes.run(hang)
    processes.restart()
    assert await processes.run(double, 2) == 4
    processes.close()


async def test_a_ctrl_c_is_for_who_started_them() -> None:
    """A terminal sends it to all; they end without a word when the town does."""
    processes = Processes(1)
    pid = await processes.run(os.getpid)
    os.kill(pid, signal.SIGINT)
    assert await processes.run(os.getpid) == pid
    processes.close()
