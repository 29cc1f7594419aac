"""Where a town lives: its folder, its settings and its store, whoever works on them."""

import os
import re
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from tests import warm
from tests.e2e.process import START_TIMEOUT

AGENT = "agent@demo.example"


class Ground:
    """``settings`` are environment variables without ``GUICHET_``, in lower case."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data = data
        self.settings = settings

    @property
    def is_distributed(self) -> bool:
        return "stream" in self.settings

    @property
    def database_url(self) -> str:
        """As SQLAlchemy understands it."""
        return self.settings.get("database", f"sqlite+aiosqlite:///{self.data / 'guichet.db'}")

    @property
    def environment(self) -> dict[str, str]:
        return self.environment_with()

    def environment_with(self, **more: str) -> dict[str, str]:
        own = {"data": str(self.data), **self.settings, **more}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("GUICHET_")}
        return inherited | {f"GUICHET_{name.upper()}": value for name, value in own.items()}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the store, from outside of the town."""
        if self.is_distributed:
            with self._connect() as connection:
                return connection.execute(sql.encode()).fetchall()
        path = f"file:{self.data / 'guichet.db'}?mode=ro"
        with closing(sqlite3.connect(path, uri=True)) as connection:
            return connection.execute(sql).fetchall()

    def execute(self, sql: str) -> None:
        """Change something in PostgreSQL behind the town's back."""
        with self._connect() as connection:
            connection.execute(sql.encode())

    def _connect(self) -> "psycopg.Connection[tuple[Any, ...]]":
        url = re.sub(r"^postgresql\+\w+:", "postgresql:", self.database_url)
        return psycopg.connect(url, autocommit=True)

    def scalar(self, sql: str) -> Any:
        """The one value that the query finds."""
        ((value,),) = self.query(sql)
        return value

    def command(self, *arguments: str) -> str:
        """Run another ``guichet`` command on the same data; returns what it prints."""
        exit_code, output, errors = warm.run(arguments, self.environment, timeout=START_TIMEOUT)
        assert exit_code == 0, errors
        return output

    @cached_property
    def token(self) -> str:
        """A personal access token of the first demo agent."""
        return self.command("admin", "token", AGENT).splitlines()[-1]
