"""Does PostgreSQL let us in, and is it one that Guichet can work on?"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from guichet.findings import Level, Result, in_one_line
from guichet.migrate import judge_schema

OLDEST = 15
CONNECTING = 4  # seconds
EXTENSION = "unaccent"  # search finds words without their accents
_MENDS = {  # by what is in the message: before a session there are no SQLSTATEs
    "pg_hba.conf": "let this machine and user in, in the server's pg_hba.conf",
    "password": "set user and password in GUICHET_DATABASE",
    "role": "create the user, or name another in GUICHET_DATABASE",
    "database": "create it (createdb --owner=USER NAME), or name another in GUICHET_DATABASE",
    "connection slots": "raise max_connections of the server",
    "too many clients": "raise max_connections of the server",
}
_ABOUT = """
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('server_encoding') AS encoding,
           pg_is_in_recovery() AS is_standby,
           current_user AS us,
           has_database_privilege(current_database(), 'CREATE') AS may_extend,
           coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
           to_regclass('alembic_version') IS NOT NULL AS has_tables,
           (SELECT installed_version IS NOT NULL FROM pg_available_extensions
            WHERE name = 'unaccent') AS has_unaccent
"""
_MAY_WRITE = """
    SELECT has_table_privilege(oid, 'INSERT') AND has_table_privilege(oid, 'UPDATE')
    FROM pg_class WHERE oid = to_regclass('stream')
"""


async def check_postgresql(url: str) -> Result:
    try:
        parsed = make_url(url)
    except ArgumentError:
        return _bad("GUICHET_DATABASE is no URL; write postgresql://user:password@host/name")
    if parsed.drivername != "postgresql+psycopg":
        return _bad(f"there is no driver {parsed.drivername}; write postgresql:// alone")
    plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
    where = f"{parsed.host or 'localhost'}/{parsed.database}"
    try:
        connecting = psycopg.AsyncConnection.connect(plain, connect_timeout=CONNECTING)
        async with await connecting as connection:
            return await _look(connection, where)
    except psycopg.OperationalError as problem:
        told = in_one_line(problem)
        mend = next((mend for word, mend in _MENDS.items() if f" {word}" in told), "")
        reach = "start PostgreSQL, or set its host and port in GUICHET_DATABASE"
        return _bad(f"{where}: {told}; {mend or reach}")
    except psycopg.Error as problem:
        return _bad(f"{where}: {in_one_line(problem)}")


async def _look(connection: psycopg.AsyncConnection[Any], where: str) -> Result:
    cursor = connection.cursor(row_factory=dict_row)
    about = await (await cursor.execute(_ABOUT)).fetchone() or {}
    revision = None
    if about["has_tables"]:
        row = await (await connection.execute("SELECT version_num FROM alembic_version")).fetchone()
        revision = row[0] if row else None
    level, schema = judge_schema(revision)
    if revision is None or level is Level.NOTE:  # a migration is to come
        trouble = server_trouble(about) or right_trouble(about, is_empty=revision is None)
    else:
        trouble = server_trouble(about)
        written = await (await connection.execute(_MAY_WRITE)).fetchone()
        if not trouble and written and not written[0]:
            trouble = f"the user {about['us']} may not write to its tables; GRANT them, or be owner"
    if trouble:
        return _bad(f"{where}: {trouble}")
    version = about["version"] // 10_000
    return Result("database", level, f"PostgreSQL {version}, {where}, {schema}")


def server_trouble(about: Mapping[str, Any]) -> str:
    """What makes it no server for us; empty when nothing does."""
    if about["version"] < OLDEST * 10_000:
        version = about["version"] // 10_000
        return f"it is PostgreSQL {version}; Guichet needs {OLDEST} or newer"
    if about["encoding"] != "UTF8":
        return f"its encoding is {about['encoding']}; create it anew: createdb --encoding=UTF8"
    if about["is_standby"]:
        return "it is a standby, which nobody can write to; name the primary in GUICHET_DATABASE"
    return ""


def right_trouble(about: Mapping[str, Any], *, is_empty: bool) -> str:
    """Why the user cannot make what a migration makes; empty when they can."""
    if not about["may_create"]:
        return f"the user {about['us']} may not create tables; GRANT CREATE ON SCHEMA, or be owner"
    if is_empty and about["has_unaccent"] is None:
        told = f"the server has no extension {EXTENSION}"
        return f"{told}; install PostgreSQL's additional modules (postgresql-contrib)"
    if is_empty and not about["has_unaccent"] and not about["may_extend"]:
        told = f"the user {about['us']} may not create the extension {EXTENSION}"
        return f"{told}; an administrator runs CREATE EXTENSION {EXTENSION} in this database"
    return ""


def _bad(told: str) -> Result:
    return Result("database", Level.BAD, told)
