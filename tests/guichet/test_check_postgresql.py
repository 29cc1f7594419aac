"""``guichet check`` on a real PostgreSQL: each way in which it is not ours yet."""

from collections.abc import Iterator

import psycopg
import pytest

from guichet.check_postgresql import check_postgresql, right_trouble, server_trouble
from guichet.findings import Level
from tests.ports import free_ports
from tests.postgresql import PostgreSQL

GOOD = {
    "version": 150_004,
    "encoding": "UTF8",
    "is_standby": False,
    "us": "town",
    "may_extend": True,
    "may_create": True,
    "has_unaccent": False,
}


class Ground:
    """A database, and statements to spoil it with."""

    def __init__(self, server: PostgreSQL, name: str) -> None:
        self.url = server.url(name)
        self._plain = self.url.replace("+psycopg", "")

    def __call__(self, *statements: str) -> None:
        with psycopg.connect(self._plain, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def url_of(self, user: str, password: str = "") -> str:
        return self.url.replace("guichet@", f"{user}:{password}@" if password else f"{user}@")


@pytest.fixture
def empty(server: tuple[PostgreSQL, str]) -> Iterator[Ground]:
    postgresql, _ = server
    name = postgresql.create()
    yield Ground(postgresql, name)
    postgresql.drop(name)


@pytest.fixture
def filled(server: tuple[PostgreSQL, str]) -> Iterator[Ground]:
    postgresql, template = server
    name = postgresql.create(template)
    yield Ground(postgresql, name)
    postgresql.drop(name)


@pytest.fixture(scope="module")
def clerk(server: tuple[PostgreSQL, str]) -> Iterator[str]:
    """A user with a password and no rights."""
    ground = Ground(server[0], "postgres")
    with psycopg.connect(ground.url.replace("+psycopg", ""), autocommit=True) as connection:
        (path,) = connection.execute("SHOW hba_file").fetchone() or ("",)
        rules = "('host all clerk all scram-sha-256'), ('host all all all trust')"
        connection.execute(f"COPY (VALUES {rules}) TO '{path}'".encode())
        connection.execute("CREATE ROLE clerk LOGIN PASSWORD 'right'")
        connection.execute("SELECT pg_reload_conf()")
    yield "clerk"
    ground("DROP ROLE clerk")


async def test_an_empty_one_is_well(empty: Ground) -> None:
    result = await check_postgresql(empty.url)
    assert result.level is Level.OK
    assert "no tables yet" in result.says


async def test_one_with_our_tables_is_well(filled: Ground) -> None:
    result = await check_postgresql(filled.url)
    assert result.level is Level.OK
    assert "schema" in result.says


async def test_nobody_there(empty: Ground) -> None:
    (port,) = free_ports(1)
    result = await check_postgresql(f"postgresql+psycopg://town@127.0.0.1:{port}/town")
    assert not result.ok
    assert "start PostgreSQL" in result.says


async def test_a_database_that_is_not_there(empty: Ground) -> None:
    result = await check_postgresql(empty.url + "_not")
    assert not result.ok
    assert "createdb" in result.says


async def test_a_user_that_is_not_there(empty: Ground) -> None:
    result = await check_postgresql(empty.url_of("nobody"))
    assert not result.ok
    assert "create the user" in result.says


async def test_a_wrong_password_is_said_and_not_repeated(empty: Ground, clerk: str) -> None:
    result = await check_postgresql(empty.url_of(clerk, "wrong-one"))
    assert not result.ok
    assert "set user and password" in result.says
    assert "wrong-one" not in result.says


async def test_a_user_who_may_not_create_tables(empty: Ground, clerk: str) -> None:
    result = await check_postgresql(empty.url_of(clerk, "right"))
    assert not result.ok
    assert "may not create tables" in result.says


async def test_a_user_who_may_not_create_the_extension(empty: Ground, clerk: str) -> None:
    empty(f"GRANT CREATE ON SCHEMA public TO {clerk}")
    result = await check_postgresql(empty.url_of(clerk, "right"))
    assert not result.ok
    assert "CREATE EXTENSION unaccent" in result.says
    empty("CREATE EXTENSION unaccent")
    assert (await check_postgresql(empty.url_of(clerk, "right"))).ok


async def test_a_user_who_may_not_write(filled: Ground, clerk: str) -> None:
    filled(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {clerk}")
    result = await check_postgresql(filled.url_of(clerk, "right"))
    assert not result.ok
    assert "may not write" in result.says


async def test_the_schema_of_another_version(filled: Ground) -> None:
    filled("UPDATE alembic_version SET version_num = '0001'")
    assert (await check_postgresql(filled.url)).level is Level.NOTE
    filled("UPDATE alembic_version SET version_num = '9999'")
    result = await check_postgresql(filled.url)
    assert not result.ok
    assert "newer Guichet" in result.says


async def test_another_driver_is_refused(empty: Ground) -> None:
    result = await check_postgresql(empty.url.replace("psycopg", "asyncpg"))
    assert not result.ok
    assert "write postgresql://" in result.says


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ({"version": 140_011}, "Guichet needs 15"),
        ({"encoding": "SQL_ASCII"}, "UTF8"),
        ({"is_standby": True}, "primary"),
        ({}, ""),
    ],
)
def test_a_server_that_is_none_for_us(found: dict[str, object], told: str) -> None:
    said = server_trouble(GOOD | found)
    assert told in said
    assert bool(said) == bool(told)


def test_a_server_without_the_extension() -> None:
    assert "postgresql-contrib" in right_trouble(GOOD | {"has_unaccent": None}, is_empty=True)
    assert not right_trouble(GOOD, is_empty=True)
