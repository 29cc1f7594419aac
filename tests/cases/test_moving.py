"""The procedure that a case came by says who brings it into which state."""

from typing import Any

import pytest

from cases import Actions, CaseStatus, Opening, Role, open_case
from cases.agents import Agent, create_agent
from cases.procedures import add_procedure, publish_procedure
from core.database import Database
from core.errors import NotNow
from tests.builders import SettableClock, agent, little_town, message_row
from tests.cases.procedures.building import field, page, procedure

REFERENCE = "GU-7K3M-9QX1"
CLOSED: dict[str, Any] = {"status": "closed", "label": {"fr": "Enlevé"}, "moved_by": ["handler"]}


async def filed(database: Database, clock: SettableClock, role: Role) -> Agent:
    """A case of a procedure, and an agent."""
    definition = procedure(page("p", field("text", "a")), statuses=[CLOSED])
    async with database.begin() as session:
        await publish_procedure(
            session, clock, await add_procedure(session, clock, definition), by=None
        )
        town = await little_town(session)
        message = message_row(details={"procedure": "test", "version": 1, "form": {"a": "x"}})
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
        email = f"{role}@demo.example"
        made = await create_agent(
            session, email=email, name="Camille", password="a long enough one", roles=[role]
        )
    return agent(role, id=made, queues=(town.queues["mairie"].id,))


async def test_an_agent_of_another_role_does_not_close_it(
    database: Database, clock: SettableClock
) -> None:
    camille = await filed(database, clock, Role.RECEPTION)
    async with database.begin() as session:
        await Actions(session, clock, camille, "x.example").claim(REFERENCE, None)
    with pytest.raises(NotNow):
        async with database.begin() as session:
            await Actions(session, clock, camille, "x.example").close(REFERENCE, None)


async def test_an_agent_of_the_role_does(database: Database, clock: SettableClock) -> None:
    karim = await filed(database, clock, Role.HANDLER)
    async with database.begin() as session:
        case = await Actions(session, clock, karim, "x.example").close(REFERENCE, None)
    assert case.status == CaseStatus.CLOSED
