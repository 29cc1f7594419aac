"""Faxes and scans: the queue that was asked for, the case that a code names, what was read."""

from uuid import UUID

import pytest
from sqlalchemy import select

from cases import CaseRow, QueueRow, RoutingRuleRow
from cases.search import matches
from core.blobs import Blobs
from core.database import Database
from core.ids import new_id
from ingest.models import DocumentRow, MessageRow, PageRow
from router import Routing
from tests.builders import message_row
from tests.router.test_routing import cases, route, routing

__all__ = ["routing"]  # a fixture


def scan(**values: object) -> MessageRow:
    return message_row(channel="scan", sender_name="", sender_address="", **values)


async def queue_of(database: Database, message: MessageRow) -> str:
    async with database.read() as session:
        query = (
            select(QueueRow.slug)
            .join(CaseRow, CaseRow.queue_id == QueueRow.id)
            .where(CaseRow.subject == message.subject)
        )
        return (await session.scalars(query)).one()


async def test_the_queue_that_is_asked_for_comes_before_the_rules(
    routing: Routing, database: Database
) -> None:
    message = scan(subject="A pothole", details={"queue": "mairie"})
    await route(routing, database, message)
    assert await queue_of(database, message) == "mairie"


async def test_a_queue_that_is_not_there_leaves_it_to_the_rules(
    routing: Routing, database: Database
) -> None:
    message = scan(subject="A pothole", details={"queue": "nowhere"})
    await route(routing, database, message)
    assert await queue_of(database, message) == "voirie"


async def test_a_code_on_a_page_brings_it_to_its_case(routing: Routing, database: Database) -> None:
    await route(routing, database, message_row(subject="First"))
    (case,) = await cases(database)
    code = f"https://town.example/suivi?ref={case.reference}"
    await route(routing, database, scan(subject="Return form", details={"codes": [code]}))
    assert len(await cases(database)) == 1


async def test_rules_may_ask_what_was_read_and_how_surely(
    routing: Routing, database: Database
) -> None:
    async with database.begin() as session:
        queue = select(QueueRow.id).where(QueueRow.slug == "voirie")
        session.add(
            RoutingRuleRow(
                id=new_id(),
                name="permits",
                priority=0,
                expression="message.letter.subject.confidence >= 70 && "
                'message.letter.subject.value.matches("(?i)permis")',
                queue_id=(await session.scalars(queue)).one(),
            )
        )
    sure, unsure, plain = (
        scan(subject=name, letter=said)
        for name, said in (
            ("sure", {"subject": {"value": "Permis de construire", "confidence": 88}}),
            ("unsure", {"subject": {"value": "Permis de construire", "confidence": 40}}),
            ("plain", None),
        )
    )
    await route(routing, database, sure, unsure, plain)
    found = [await queue_of(database, message) for message in (sure, unsure, plain)]
    assert found == ["voirie", "mairie", "mairie"]


async def attach(database: Database, blobs: Blobs, message: MessageRow, reading: str) -> UUID:
    """Store the message with one file; returns the document's id."""
    content = await blobs.stage(b"%PDF-1.7")
    document_id = new_id()
    async with database.begin() as session:
        await blobs.keep(session, [content])
        session.add(message)
        session.add(
            DocumentRow(
                id=document_id,
                message_id=message.id,
                position=0,
                name="lettre.pdf",
                media_type="application/pdf",
                size=content.size,
                sha256=content.sha256,
                reading=reading,
            )
        )
    return document_id


@pytest.mark.parametrize("channel", ["scan", "fax"])
async def test_every_page_of_a_letter_is_found(
    routing: Routing, database: Database, blobs: Blobs, channel: str
) -> None:
    message = message_row(channel=channel, text="Bonjour")
    document_id = await attach(database, blobs, message, "read")
    async with database.begin() as session:
        document = await session.get_one(DocumentRow, document_id)
        for number in range(2):
            session.add(
                PageRow(
                    id=new_id(),
                    document_id=document_id,
                    position=number,
                    number=number,
                    sha256=document.sha256,
                    reading="read",
                    text=f"mot{number}",
                )
            )
    await route(routing, database, message)
    async with database.read() as session:
        for word in ("mot0", "mot1"):
            found = await session.scalars(select(CaseRow).where(matches(session, word)))
            assert len(found.all()) == 1


async def test_files_of_a_mail_are_read_once_it_is_in_its_case(
    routing: Routing, database: Database, blobs: Blobs
) -> None:
    message = message_row()
    await attach(database, blobs, message, "unread")
    opened, unread = await route(routing, database, message)
    assert (opened.stream, unread.stream) == ("case.changed", "document.unread")
    assert unread.subject == opened.subject
