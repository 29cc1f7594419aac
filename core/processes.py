"""Work for the processor goes to processes beside, so that the event loop stays free.

A process that dies or hangs takes its own task along and nothing else: the pool is made anew.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from core.errors import GuichetError

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class WorkerDied(GuichetError):
    """The process died over its work, or before: the fault may be the work's or the machine's."""


class Processes:
    """A pool of ``count`` processes, started at the first call.

    ``prepare``, a top-level function without arguments or a partial of one, is called first in
    each of them.
    """

    def __init__(self, count: int, prepare: Callable[[], None] | None = None) -> None:
        self.count = count
        self._prepare = prepare
        self._pool: ProcessPoolExecutor | None = None

    async def run(
        self,
        work: Callable[Arguments, Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Run a top-level function in a process.

        Raises
        ------
        WorkerDied
            When the process died over it (out of memory, a fault in a C library), or over other
            work at the same time: which of the two killed it nobody knows.
        TimeoutError
            When the caller's ``asyncio.timeout`` ran out; call :meth:`restart` then, as the
            process is still at it.
        """
        if kwargs:
            raise TypeError("pass positional arguments alone")
        pool = self._running_pool()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work, *args)
        except BrokenProcessPool as problem:
            if self._pool is pool:  # else somebody has made another already
                self.restart()
            raise WorkerDied("the process that worked on it died") from problem
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._pool is pool or (task and task.cancelling()):
                raise
            raise WorkerDied("the processes were restarted before it was begun") from None

    def restart(self) -> None:
        """End the processes, whatever they do; the next call starts new ones."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # There is no public way to end a hung worker before Python 3.14.
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    close = restart

    def _running_pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._prepare,),
            )
        return self._pool


def _begin(prepare: Callable[[], None] | None) -> None:
    # A Ctrl-C in the terminal comes to all; who started us ends us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_parent()
    if prepare is not None:
        prepare()


def _die_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
