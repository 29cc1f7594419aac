import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import Actions, CaseEventRow, CaseRow, CaseStatus, Opening, Role, open_case
from cases.agents import Agent, create_agent
from cases.audit import AuditRow
from core.database import Database
from core.errors import BadInput, Conflict, NotThere
from core.ids import new_id
from ingest.models import MessageRow, StreamRow
from tests.builders import SettableClock, Town, agent, little_town, message_row

REFERENCE = "GU-7K3M-9QX1"


@pytest.fixture
async def town(database: Database) -> Town:
    """A case is open in the first queue."""
    async with database.begin() as session:
        town = await little_town(session)
        message = message_row(subject="Saturday", rfc_message_id="<first@x>")
        session.add(message)
        opening = Opening(
            reference=REFERENCE,
            queue=town.queues["mairie"],
            citizen_id=None,
            mailbox="mairie@demo.example",
            language="fr",
            fingerprint="",
            due_at=None,
        )
        open_case(session, message, opening)
    return town


@pytest.fixture
async def camille(database: Database, town: Town) -> Agent:
    async with database.begin() as session:
        agent_id = await create_agent(
            session,
            email="c@x.example",
            name="Camille",
            password="a long enough one",
            roles=[Role.RECEPTION],
        )
    return agent(Role.RECEPTION, id=agent_id)


def acting(session: AsyncSession, clock: SettableClock, who: Agent) -> Actions:
    return Actions(session, clock, who, "guichet.example")


async def case_now(database: Database) -> CaseRow:
    async with database.read() as session:
        return (await session.scalars(select(CaseRow))).one()


async def test_claiming_says_who_works_on_it(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        await acting(session, clock, camille).claim(REFERENCE, 1)
    case = await case_now(database)
    assert (case.claimed_by, case.status, case.version) == (camille.id, "in_progress", 2)
    async with database.read() as session:
        history = (await session.scalars(select(CaseEventRow.kind))).all()
        trail = (await session.scalars(select(AuditRow))).one()
    assert sorted(history) == ["claimed", "opened"]
    assert (trail.action, trail.object_id, trail.agent_id) == (
        "case.claimed",
        REFERENCE,
        camille.id,
    )


async def test_the_second_writer_is_told_and_changes_nothing(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        await acting(session, clock, camille).claim(REFERENCE, 1)
    with pytest.raises(Conflict) as told:
        async with database.begin() as session:
            await acting(session, clock, camille).close(REFERENCE, 1)
    assert told.value.current == 2
    assert (await case_now(database)).status == "in_progress"


async def test_a_reply_is_a_message_in_the_thread_and_the_case_waits(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        await acting(session, clock, camille).reply(REFERENCE, 1, "  Yes, until noon.  ")
    async with database.read() as session:
        reply = (
            await session.scalars(select(MessageRow).where(MessageRow.direction == "out"))
        ).one()
        event = (await session.scalars(select(StreamRow))).one()
    assert reply.text == "Yes, until noon."
    assert reply.recipients == ["jeanne@citizens.example"]
    assert reply.in_reply_to == ["<first@x>"]
    assert reply.rfc_message_id.startswith(f"<{REFERENCE}.")
    assert (await case_now(database)).status == CaseStatus.WAITING
    assert '"change":"replied"' in event.event


async def test_a_note_is_for_agents_and_disturbs_nobody(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        await acting(session, clock, camille).note(REFERENCE, 1, "Called her.")
    async with database.read() as session:
        note = (
            await session.scalars(select(CaseEventRow).where(CaseEventRow.kind == "noted"))
        ).one()
    assert (note.data, note.public) == ({"text": "Called her."}, False)
    assert (await case_now(database)).version == 1


async def test_moving_hands_the_case_to_another_queue(
    database: Database, clock: SettableClock, camille: Agent, town: Town
) -> None:
    async with database.begin() as session:
        acts = acting(session, clock, camille)
        await acts.claim(REFERENCE, 1)
        await acts.move(REFERENCE, 2, "voirie")
    case = await case_now(database)
    assert (case.queue_id, case.claimed_by) == (town.queues["voirie"].id, None)


async def test_a_case_is_closed_and_reopened(
    database: Database, clock: SettableClock, camille: Agent
) -> None:
    async with database.begin() as session:
        acts = acting(session, clock, camille)
        await acts.close(REFERENCE, 1, "Done.")
        with pytest.raises(BadInput, match="closed already"):
            await acts.close(REFERENCE, 2)
        await acts.reopen(REFERENCE, 2)
    case = await case_now(database)
    assert (case.status, case.closed_at, case.version) == ("new", None, 3)


@pytest.mark.parametrize("text", ["", "   \n", "x" * 100_001])
async def test_a_reply_without_sense_is_refused(
    database: Database, clock: SettableClock, camille: Agent, text: str
) -> None:
    with pytest.raises(BadInput):
        async with database.begin() as session:
            await acting(session, clock, camille).reply(REFERENCE, 1, text)


async def test_a_handler_of_another_queue_sees_no_case(
    database: Database, clock: SettableClock, town: Town
) -> None:
    stranger = agent(Role.HANDLER, queues=(town.queues["voirie"].id,), id=new_id())
    with pytest.raises(NotThere):
        async with database.begin() as session:
            await acting(session, clock, stranger).claim(REFERENCE, 1)
