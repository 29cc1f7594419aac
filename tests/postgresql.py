"""A real PostgreSQL of the tests' own (Debian's), on loopback, gone when they end."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

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
    """One server with a template that every test's database is copied from."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._numbers = count(1)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self._port}/{name}"

    def create(self, template: str = "template1") -> str:
        """A new database; returns its name."""
        name = f"town_{next(self._numbers)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        self._sql(f"DROP DATABASE {name} WITH (FORCE)")

    def _sql(self, statement: str) -> None:
        command = ["psql", "-q", "-h", "127.0.0.1", "-p", str(self._port), "-U", USER]
        subprocess.run([*command, "-d", "postgres", "-c", statement], check=True)


@contextmanager
def postgresql() -> Iterator[PostgreSQL]:
    """Runs while the block does."""
    programs = max(PROGRAMS.iterdir(), key=lambda version: int(version.name)) / "bin"
    folder = Path(mkdtemp(prefix="guichet-postgresql-"))
    (port,) = free_ports(1)
    if os.getuid() == 0:  # it refuses to run as root
        shutil.chown(folder, "postgres")
    data, log = folder / "data", folder / "log"
    settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}"]
    options = " ".join(f"-c {setting}" for setting in (*settings, *QUICK))
    pg_ctl = [str(programs / "pg_ctl"), "-D", str(data), "-w"]
    try:
        initdb = [str(programs / "initdb"), "-D", str(data), "-U", USER, "--auth=trust"]
        _run([*initdb, "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"], folder)
        _run([*pg_ctl, "-o", options, "-l", str(log), "start"], folder)
        try:
            yield PostgreSQL(port)
        finally:
            _run([*pg_ctl, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def _run(command: Sequence[str], folder: Path) -> None:
    as_its_user = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*as_its_user, *command], check=True, cwd=folder, stdout=subprocess.DEVNULL)
