"""One running ``guichet`` command, and what it prints."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

from tests.warm import Fork

START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 20.0  # seconds
GUICHET = Path(sys.executable).with_name("guichet")


class Process:
    """Start, kill and start it again.

    Parameters
    ----------
    ready
        What is in the line that it prints once it is ready.
    """

    def __init__(self, *arguments: str, environment: Mapping[str, str], ready: str) -> None:
        self.lines: list[str] = []
        """What it has printed since the last start."""
        self.history: list[str] = []
        """What it has printed before."""
        self.is_fork = True
        """Or the program itself, which has to import everything first."""
        self._arguments = arguments
        self._environment = environment
        self._ready = ready
        self._process: Fork | subprocess.Popen[bytes] | None = None
        self._told = threading.Event()

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was not started"
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it has said so, and not ended since."""
        return self.is_running and self._told.is_set()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def launch(self) -> None:
        """Return at once; :meth:`wait_until_ready` waits."""
        self.history += self.lines
        self.lines, self._told = [], threading.Event()
        read, write = os.pipe()
        with os.fdopen(write, "wb") as output:
            self._process = self._begin(output)
        reading = (os.fdopen(read, encoding="utf-8"), self.lines, self._told)
        threading.Thread(target=self._read, args=reading, daemon=True).start()

    def wait_until_ready(self) -> None:
        """Raises RuntimeError with what was printed when it ends before, or takes too long."""
        if not self._told.wait(START_TIMEOUT) or self._ready not in self.output:
            self.kill()
            raise RuntimeError(f"{' '.join(self._arguments)} did not start:\n{self.output}")

    def start(self) -> Self:
        self.launch()
        self.wait_until_ready()
        return self

    def stop(self) -> int:
        """Ask it to stop, as Ctrl-C does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as a power cut: nothing is tidied up."""
        self._end(signal.SIGKILL)

    def _begin(self, output: IO[bytes]) -> Fork | subprocess.Popen[bytes]:
        if self.is_fork:
            return Fork(self._arguments, self._environment, stdout=output, stderr=output)
        return subprocess.Popen(
            [GUICHET, *self._arguments],
            env=self._environment,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a Ctrl-C in the terminal is for the tests alone
        )

    def _read(self, output: IO[str], lines: list[str], told: threading.Event) -> None:
        with output:
            for line in output:
                lines.append(line)
                if self._ready in line:
                    told.set()
        told.set()  # it ended; wait_until_ready() tells why

    def _end(self, how: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(process.pid, how)
        try:
            return process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            return process.wait()
