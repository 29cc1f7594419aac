from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import citizens
from citizens.accounts import create_account
from citizens.erasure import erase_account
from citizens.keys import keys_of, words_of
from citizens.profile import change_profile
from core.database import Database
from core.ids import new_id
from tests.builders import NOON

PEOPLE = (
    ("amelie@example.org", "Amélie Lefèvre"),
    ("+33387555555", "Jean-Paul D’Almeida"),
    ("benali@example.org", "Karim Benali"),
    ("+33612345678", "Œuvrard Zoë"),
)


@pytest.fixture
async def session(database: Database) -> AsyncIterator[AsyncSession]:
    async with database.begin() as session:
        await citizens.enter(session, [(address, name, "fr") for address, name in PEOPLE], NOON)
        yield session


QUERIES = (
    ("lefevre", "Amélie Lefèvre"),
    ("LEFEBVRE Amelie", "Amélie Lefèvre"),  # a letter too many
    ("lefvre", "Amélie Lefèvre"),  # one is missing
    ("Amélie Lefèbre", "Amélie Lefèvre"),  # one is wrong
    ("lef", "Amélie Lefèvre"),  # a beginning
    ("almeida jean paul", "Jean-Paul D’Almeida"),
    ("oeuvrard zoe", "Œuvrard Zoë"),
    ("benali@exa", "Karim Benali"),
    ("BENALI@example.org", "Karim Benali"),
    ("06 12 34 56 78", "Œuvrard Zoë"),
    ("0033 6 12 34", "Œuvrard Zoë"),
    ("+33 (0)3 87", None),
    ("+33 387 55 55 55", "Jean-Paul D’Almeida"),
    ("zoe 06 12 34 56 78", "Œuvrard Zoë"),
    ("zoe 03 87 55 55 55", None),
    ("karim lefevre", None),
    ("?!", None),
    ("", None),
)


async def test_a_citizen_is_found_as_people_type(session: AsyncSession) -> None:
    for query, name in QUERIES:
        found = await citizens.find(session, query, "FR")
        assert [one.name for one in found] == ([name] if name else []), query


async def test_the_likeliest_comes_first(session: AsyncSession) -> None:
    await citizens.enter(session, [("a@example.org", "Karima Benalia", "fr")], NOON)
    found = await citizens.find(session, "karim benali", "FR")
    assert [one.name for one in found] == ["Karim Benali", "Karima Benalia"]


async def test_what_an_agent_learns_of_a_citizen_is_found_later(session: AsyncSession) -> None:
    who = new_id()
    for phone in ("+33699999999", "+33612345678"):  # the second is somebody else's, and stays so
        await citizens.remember(
            session,
            who,
            name="Paul Petit",
            language="fr",
            addresses=[phone],
            postal_address="1 rue Haute\n57000 Metz",
            at=NOON,
        )
    (found,) = await citizens.find(session, "petit", "FR")
    assert (found.id, found.phones) == (who, ["+33699999999"])
    assert found.postal_address == "1 rue Haute\n57000 Metz"
    assert await citizens.citizen_of(session, who) == found


def test_words_are_without_accents_and_joined_letters() -> None:
    assert words_of("D’Alméida-NÚÑEZ Œuvre Łódź Straße") == [
        *("d", "almeida", "nunez", "oeuvre", "lodz", "strasse"),
    ]


def test_keys_are_bounded_whatever_a_name_is() -> None:
    assert len(list(keys_of("é" * 100_000 + " x" * 1000))) < 60


async def test_who_has_an_account_is_found_by_the_name_it_has_now_and_not_once_it_is_erased(
    session: AsyncSession,
) -> None:
    account = await create_account(
        session,
        lambda: NOON,
        email="marie@example.org",
        name=citizens.Name("Marie", "Essai"),
        password="correct horse battery",
        language="fr",
    )
    await session.flush()
    assert [one.name for one in await citizens.find(session, "essai", "FR")] == ["Marie Essai"]
    await change_profile(
        session,
        account,
        name=citizens.Name("Marie", "Durand"),
        language="fr",
        category=citizens.Category.PERSON,
        birth_date=None,
    )
    await session.flush()
    assert not await citizens.find(session, "essai", "FR")
    assert await citizens.find(session, "durand", "FR")
    await erase_account(session, account, has_cases=True)
    await session.flush()
    assert not await citizens.find(session, "durand", "FR")
    assert await citizens.find(session, "marie@example.org", "FR")
