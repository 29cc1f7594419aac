"""Can the embedded store be opened and written?"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from guichet.check_blobs import folder_trouble
from guichet.findings import Level, Result, in_one_line
from guichet.migrate import judge_schema

WAIT = 3.0  # seconds for a town at work to end its transaction


def check_sqlite(url: str) -> Result:
    try:
        parsed = make_url(url)
    except ArgumentError:
        return _bad("GUICHET_DATABASE is no SQLAlchemy URL; leave it empty for the data folder")
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        told = f"{parsed.drivername} is neither SQLite nor PostgreSQL"
        return _bad(f"{told}; leave GUICHET_DATABASE empty, or write postgresql://…")
    path = Path(parsed.database).resolve()
    trouble = folder_trouble(path.parent)
    if trouble:
        return _bad(f"{trouble}; set GUICHET_DATA or GUICHET_DATABASE")
    if not path.exists():
        return Result("database", Level.OK, f"SQLite, {path}: the first start makes it")
    try:
        # mode=rw makes no file; autocommit, so that BEGIN is ours
        database = sqlite3.connect(f"{path.as_uri()}?mode=rw", WAIT, isolation_level=None, uri=True)
        with closing(database):
            database.execute("BEGIN IMMEDIATE")  # as a writer does
            named = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            found = None
            if database.execute(named).fetchone():
                found = database.execute("SELECT version_num FROM alembic_version").fetchone()
            database.execute("ROLLBACK")
    except sqlite3.Error as problem:
        told = f"{path}: {in_one_line(problem)}"
        return _bad(f"{told}; mend its rights, or restore it from the backup")
    level, schema = judge_schema(found[0] if found else None)
    return Result("database", level, f"SQLite, {path}, {schema}")


def _bad(told: str) -> Result:
    return Result("database", Level.BAD, told)
