import hashlib
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.database import Database
from ingest.events import NotificationRequested
from notify.models import DeliveryStatus
from tests.notify.building import LETTERHEAD, Desk, executed


async def test_a_new_case_is_acknowledged_with_reference_key_page_and_due_date(desk: Desk) -> None:
    due_at = datetime(2026, 3, 16, 17, 0, tzinfo=UTC)
    opened = await desk.open(
        subject="Lampadaire", language="en", due_at=due_at, sender_trust="verified"
    )
    (receipt,) = await desk.tell(opened)
    reference = opened.data["reference"]
    assert receipt.recipient == "jeanne@citizens.example"
    assert receipt.status == DeliveryStatus.QUEUED
    assert receipt.subject == f"Received: Lampadaire [{reference}]"
    for part in (receipt.text, receipt.html):
        assert reference in part
        assert LETTERHEAD.tracking_key(reference) in part
        assert f"https://demo.example/tracking?reference={reference}" in part
        assert "March 16, 2026" in part


async def test_an_agents_reply_goes_out_as_the_message_it_is(desk: Desk) -> None:
    opened = await desk.open(
        subject="RE: Re: Lampadaire", rfc_message_id="<first@citizens.example>"
    )
    replied = await desk.act(opened, "reply", text="Nous passons mardi.")
    (reply,) = await desk.tell(replied)
    assert reply.subject == f"Re: Lampadaire [{opened.data['reference']}]"
    assert reply.text.startswith("Nous passons mardi.\n\nCamille Durand\n\n-- \n")
    assert reply.headers["In-Reply-To"] == "<first@citizens.example>"
    assert replied.data["message_id"].replace("-", "") in reply.message_id
    assert "Auto-Submitted" not in reply.headers


async def test_closing_tells_the_agents_last_word(desk: Desk) -> None:
    opened = await desk.open()
    closed = await desk.act(opened, "close", text="C'est réparé.")
    (mail,) = await desk.tell(closed)
    assert "C'est réparé." in mail.text
    assert "C&#39;est réparé." in mail.html


async def test_opening_a_case_again_is_told(desk: Desk) -> None:
    opened = await desk.open(subject="Lampadaire", language="en")
    await desk.act(opened, "close")
    (mail,) = await desk.tell(await desk.act(opened, "reopen"))
    assert mail.subject.startswith("Open again: Lampadaire")


async def test_what_agents_do_among_themselves_is_not_told(desk: Desk) -> None:
    opened = await desk.open()
    events = [
        await desk.act(opened, "claim"),
        await desk.act(opened, "note", text="Voir avec les services techniques."),
        await desk.act(opened, "move", queue="mairie"),
    ]
    assert await desk.tell(*events) == []


@pytest.mark.parametrize("automatic", ["auto-reply", "bounce", "bulk"])
async def test_what_a_machine_wrote_is_never_answered(desk: Desk, automatic: str) -> None:
    opened = await desk.open(automatic=automatic)
    closed = await desk.act(opened, "close", text="Classé.")
    assert await desk.tell(opened, closed) == []


@pytest.mark.parametrize(
    "address",
    [
        "",
        "+33612345678",
        "mailer-daemon@citizens.example",
        "Postmaster@citizens.example",
        "noreply@shop.example",
        "no-reply+orders@shop.example",
        "do_not_reply@shop.example",
        "ne-pas-repondre@caf.example",
        "service.noreply@shop.example",
        "bounces+123=x@shop.example",
        "news-request@lists.example",
        "mairie@demo.example",
        "a@b.example>\r\nRCPT TO:<c@d.example",
        "two@a.example,three@b.example",
    ],
)
async def test_no_automatic_mail_goes_there(desk: Desk, address: str) -> None:
    assert await desk.tell(await desk.open(sender_address=address)) == []


async def test_a_person_may_reply_even_to_a_machine(desk: Desk) -> None:
    opened = await desk.open(sender_address="postmaster@citizens.example")
    replied = await desk.act(opened, "reply", text="Bonjour, merci du signalement.")
    (reply,) = await desk.tell(opened, replied)
    assert reply.recipient == "postmaster@citizens.example"


async def test_a_language_that_we_do_not_speak_becomes_the_towns(desk: Desk) -> None:
    await desk.tell(await desk.open(language="oc"))
    async with desk.database.read() as session:
        assert await session.scalar(text("SELECT language FROM notifications")) == "fr"


async def test_a_replay_changes_no_row_and_causes_the_same_events(desk: Desk) -> None:
    opened = await desk.open()
    events = [opened, await desk.act(opened, "reply", text="Bonjour.")]
    first = await desk.consume(desk.notifications(), events)
    await desk.consume(desk.deliveries(), first)
    before = await digest(desk.database)
    desk.clock.advance(days=1)
    again = await desk.consume(desk.notifications(), events)
    await desk.consume(desk.deliveries(), again)
    assert again == first
    assert await digest(desk.database) == before


async def test_a_notification_whose_case_was_erased_is_passed_over(desk: Desk) -> None:
    opened = await desk.open()
    data = NotificationRequested(notification_id=opened.id)
    gone = opened.follow(data, key=opened.id)
    assert await desk.consume(desk.deliveries(), [gone]) == []


async def test_a_change_of_a_case_that_was_erased_is_passed_over(desk: Desk) -> None:
    opened = await desk.open()
    gone = opened.model_copy(
        update={"id": uuid4(), "data": {**opened.data, "case_id": str(uuid4())}}
    )
    requested = await desk.consume(desk.notifications(), [gone, opened])
    assert len(requested) == 1


async def test_a_batch_of_many_cases_is_written_in_a_few_queries(desk: Desk) -> None:
    events = [await desk.open(sender_address=f"{n}@c.example") for n in range(20)]
    with executed() as statements:
        assert len(await desk.tell(*events)) == 20
    reading = [statement for statement in statements if statement.startswith("SELECT")]
    assert len(reading) < 10


async def digest(database: Database) -> str:
    """Of all rows that this room and the ledger hold."""
    content = hashlib.sha256()
    async with database.read() as session:
        for table in ("notifications", "deliveries", "stream"):
            for row in await session.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2")):
                content.update(repr(tuple(row)).encode())
    return content.hexdigest()
