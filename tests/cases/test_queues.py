import pytest
from sqlalchemy import select

from cases import QueueRow, create_queue
from core.database import Database
from core.errors import BadInput, Refused


async def defaults(database: Database) -> list[str]:
    async with database.read() as session:
        query = select(QueueRow.slug).where(QueueRow.is_default)
        return list(await session.scalars(query))


async def test_the_first_queue_is_the_default_one(database: Database) -> None:
    async with database.begin() as session:
        await create_queue(session, slug="mairie", name="Accueil", service_level=5)
        await create_queue(session, slug="voirie", name="Voirie", service_level=10)
    assert await defaults(database) == ["mairie"]


async def test_another_one_may_become_the_default(database: Database) -> None:
    async with database.begin() as session:
        await create_queue(session, slug="mairie", name="Accueil", service_level=5)
        await create_queue(session, slug="cris", name="CRM", service_level=1, is_default=True)
    assert await defaults(database) == ["cris"]


async def test_a_slug_is_taken_once(database: Database) -> None:
    async with database.begin() as session:
        await create_queue(session, slug="mairie", name="Accueil", service_level=5)
        with pytest.raises(Refused, match="already"):
            await create_queue(session, slug="mairie", name="Encore", service_level=5)


@pytest.mark.parametrize("slug", ["", "État civil", "-x", "x" * 65, "a/b"])
async def test_a_slug_fits_into_an_address(database: Database, slug: str) -> None:
    async with database.begin() as session:
        with pytest.raises(BadInput):
            await create_queue(session, slug=slug, name="?", service_level=5)
