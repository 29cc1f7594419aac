"""A real PostgreSQL of the tests' own (Debian's), on loopback, gone when they end."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

import pytest

from tests.ports import free_ports

PROGRAMS = Path("/usr/lib/postgresql")
USER = "guichet"

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""For a test of what SQLite alone does: the fixture ``database`` comes in both kinds."""
on_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
# Nothing of it outlives the tests, so nothing need be safe on the disk.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


class PostgreSQL:
    """One server; each test has a database of its own, copied from a template."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (self._port,) = free_ports(1)
        self._programs = max(PROGRAMS.iterdir(), key=lambda version: int(version.name)) / "bin"
        self._numbers = count(1)
        self._is_running = False

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/{name}"

    def create(self, template: str = "template1") -> str:
        """A new database; returns its name."""
        name = f"town_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def initialise(self) -> None:
        program = [str(self._programs / "initdb"), "-D", str(self._data), "-U", USER]
        self._run([*program, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])

    def start(self) -> None:
        """Return once it answers."""
        own = f"port={self._port}", "listen_addresses=127.0.0.1"
        settings = (*own, f"unix_socket_directories={self._folder}", *QUICK)
        options = " ".join(f"-c {setting}" for setting in settings)
        self._control("-o", options, "-l", str(self._folder / "log"), "start")
        self._is_running = True

    def stop(self, how: Literal["fast", "immediate"] = "fast") -> None:
        """``fast`` ends every connection and keeps what was committed; ``immediate`` is a crash,
        and as nothing is safe on the disk nobody should start it again."""
        if self._is_running:
            self._control("-m", how, "stop")
            self._is_running = False

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _control(self, *arguments: str) -> None:
        self._run([str(self._programs / "pg_ctl"), "-D", str(self._data), "-w", *arguments])

    def _run(self, command: Sequence[str]) -> None:
        # It refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        subprocess.run([*user, *command], check=True, cwd=self._folder, stdout=subprocess.DEVNULL)

    def _sql(self, statement: str) -> None:
        command = ["psql", "-q", "-h", "127.0.0.1", "-p", str(self._port), "-U", USER]
        subprocess.run([*command, "-d", "postgres", "-c", statement], check=True)


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Runs while the block does."""
    folder = Path(mkdtemp(prefix="guichet-postgresql-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    server = PostgreSQL(folder)
    try:
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder)
