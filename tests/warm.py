"""``guichet …`` as a process of its own that need not import Guichet, which takes two seconds.

One process beside the tests has imported it already, and forks for each command. What a person
starts is the program itself: ``tests/e2e/test_running.py`` does.
"""

import atexit
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from tempfile import TemporaryFile
from typing import IO, NoReturn

# What a running town has imported when it says that it is ready.
MODULES = ("guichet.cli", "guichet.run", "ingest.kafka", "alembic.command", "aiosqlite", "psycopg")


class Fork:
    """A running command, with the face of ``subprocess.Popen`` as far as tests know it."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        stdout: IO[bytes],
        stderr: IO[bytes],
    ) -> None:
        self._talk, theirs = socket.socketpair()
        with theirs:
            _ask(theirs, stdout, stderr)
        self._talk.sendall(json.dumps([list(arguments), dict(environment)]).encode() + b"\n")
        self._answers = self._talk.makefile()
        self.pid = int(self._answers.readline())
        self._exit_code: int | None = None
        self._one_waits = threading.Lock()

    def poll(self) -> int | None:
        """Its exit code once it has ended, below zero when a signal has ended it."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        """Raises TimeoutExpired when it has not ended in that many seconds."""
        with self._one_waits:
            if self._exit_code is None:
                if not select.select([self._talk], [], [], timeout)[0]:
                    raise subprocess.TimeoutExpired("guichet", timeout or 0)
                self._exit_code = int(self._answers.readline())
                self._answers.close()
                self._talk.close()
            return self._exit_code


def run(
    arguments: Sequence[str], environment: Mapping[str, str], *, timeout: float
) -> tuple[int, str, str]:
    """Exit code, output, and what went to standard error. Raises TimeoutExpired."""
    with TemporaryFile() as stdout, TemporaryFile() as stderr:
        fork = Fork(arguments, environment, stdout=stdout, stderr=stderr)
        try:
            exit_code = fork.wait(timeout)
        except subprocess.TimeoutExpired:
            os.kill(fork.pid, signal.SIGKILL)
            raise
        stdout.seek(0)
        stderr.seek(0)
        return exit_code, stdout.read().decode(), stderr.read().decode()


def _ask(talk: socket.socket, stdout: IO[bytes], stderr: IO[bytes]) -> None:
    with _one_asks:
        socket.send_fds(_warm_process(), [b"!"], [one.fileno() for one in (talk, stdout, stderr)])


_one_asks = threading.Lock()


@cache
def _warm_process() -> socket.socket:
    """Where to ask it; it ends when this is closed, as the kernel does should we be killed."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "tests.warm", str(theirs.fileno())]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], start_new_session=True
        )

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours


def serve(asked: socket.socket) -> None:
    """Return when nobody can ask any more. Each command has a process beside it that watches."""
    for module in MODULES:
        import_module(module)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # watchers are not waited for
    while files := socket.recv_fds(asked, 1, 3)[1]:
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _watch(*files)
        for file in files:
            os.close(file)


def _watch(talk_file: int, stdout: int, stderr: int) -> None:
    """Run the command; tell its number and its exit code. It is killed when nobody listens."""
    talk = socket.socket(fileno=talk_file)
    arguments, environment = json.loads(talk.makefile().readline())
    pid = os.fork()
    if pid == 0:
        talk.close()
        for file, standard in ((stdout, 1), (stderr, 2)):
            os.dup2(file, standard)
            os.close(file)
        _run(arguments, environment)
    os.close(stdout)
    os.close(stderr)
    talk.sendall(f"{pid}\n".encode())
    ended = os.pidfd_open(pid)
    if ended not in select.select([talk.fileno(), ended], [], [])[0]:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    with suppress(BrokenPipeError):
        talk.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    from guichet.__main__ import main

    os.setsid()  # a Ctrl-C in the terminal is for the tests alone
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["guichet", *arguments]
    main()
    sys.exit()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
