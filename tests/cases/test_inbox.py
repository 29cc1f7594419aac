from typing import Any

import pytest
from sqlalchemy import text

from cases import Filter, Opening, Role, count_queues, list_cases, open_case
from core.database import Database
from core.errors import BadInput
from tests.builders import Town, agent, little_town, message_row, references
from tests.postgresql import on_sqlite


@pytest.fixture
async def town(database: Database) -> Town:
    async with database.begin() as session:
        return await little_town(session)


async def open_one(database: Database, town: Town, queue: str = "mairie", **values: Any) -> str:
    """A new case; returns its reference."""
    reference = references(start=hash(str(values)) % 10_000)()
    async with database.begin() as session:
        message = message_row(**values)
        session.add(message)
        opening = Opening(
            reference=reference,
            queue=town.queues[queue],
            citizen_id=None,
            mailbox="mairie@demo.example",
            language="fr",
            fingerprint="",
            due_at=None,
        )
        open_case(session, message, opening)
    return reference


async def subjects(database: Database, filter: Filter, **options: Any) -> list[str]:
    async with database.read() as session:
        page = await list_cases(session, agent(), filter, **options)
        return [item.subject for item in page.items]


async def test_the_newest_case_comes_first(database: Database, town: Town) -> None:
    for subject in ("one", "two", "three"):
        await open_one(database, town, subject=subject)
    assert await subjects(database, Filter()) == ["three", "two", "one"]


async def test_pages_follow_each_other_without_gap_or_repeat(
    database: Database, town: Town
) -> None:
    for number in range(25):
        await open_one(database, town, subject=str(number))
    seen: list[str] = []
    cursor: str | None = ""
    async with database.read() as session:
        while cursor is not None:
            page = await list_cases(session, agent(), Filter(), cursor=cursor, limit=10)
            seen += [item.subject for item in page.items]
            cursor = page.next
    assert seen == [str(number) for number in reversed(range(25))]


async def test_a_cursor_of_somebody_else_is_refused(database: Database, town: Town) -> None:
    with pytest.raises(BadInput):
        await subjects(database, Filter(), cursor="not ours")


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        (Filter(queue="voirie"), ["by web"]),
        (Filter(channel="web"), ["by web"]),
        (Filter(status="new"), ["by web", "by mail"]),
        (Filter(status="closed"), []),
        (Filter(q="MAIL"), ["by mail"]),
        (Filter(q="école"), ["by mail"]),
        (Filter(q="ecol"), ["by mail"]),
        (Filter(q="jeanne@citizens"), ["by web", "by mail"]),
        (Filter(q='" OR * NEAR( -'), []),
        (Filter(q="!!!"), []),
        (Filter(q="by", queue="voirie"), ["by web"]),
    ],
)
async def test_a_list_is_filtered(
    database: Database, town: Town, filter: Filter, found: list[str]
) -> None:
    await open_one(database, town, subject="by mail", text="La grille de l'école est cassée")
    await open_one(database, town, "voirie", subject="by web", channel="web")
    assert await subjects(database, filter) == found


async def test_a_case_is_found_by_its_reference_however_it_is_typed(
    database: Database, town: Town
) -> None:
    reference = await open_one(database, town, subject="this one")
    await open_one(database, town, subject="another")
    typed = reference.lower().replace("-", " ")
    assert await subjects(database, Filter(q=typed)) == ["this one"]


async def test_a_handler_sees_the_cases_and_queues_of_their_own(
    database: Database, town: Town
) -> None:
    await open_one(database, town, subject="for reception")
    await open_one(database, town, "voirie", subject="for roads")
    roads = agent(Role.HANDLER, queues=(town.queues["voirie"].id,))
    async with database.read() as session:
        page = await list_cases(session, roads, Filter())
        counts = await count_queues(session, roads)
    assert [item.subject for item in page.items] == ["for roads"]
    assert [(count.slug, count.open, count.new) for count in counts] == [("voirie", 1, 1)]


@on_sqlite
async def test_lists_use_an_index(database: Database, town: Town) -> None:
    plans = {
        "SELECT id FROM cases WHERE status != 'closed' ORDER BY id DESC LIMIT 50": "USING",
        "SELECT id FROM cases WHERE queue_id = 'x' AND status = 'new' ORDER BY id DESC": (
            "ix_cases_queue_id_status_id"
        ),
        "SELECT id FROM cases WHERE channel = 'web' ORDER BY id DESC": "ix_cases_channel_id",
    }
    async with database.read() as session:
        for query, index in plans.items():
            plan = str((await session.execute(text(f"EXPLAIN QUERY PLAN {query}"))).all())
            assert index in plan
            assert "TEMP B-TREE" not in plan
