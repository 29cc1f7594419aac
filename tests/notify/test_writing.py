from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from notify import Deliveries, Writing
from notify.mail import compose
from notify.models import DeliveryRow
from notify.store import content_of, delivery_of
from tests.builders import SettableClock
from tests.notify.building import LETTERHEAD, Desk


class Ticking(SettableClock):
    """Never tells the same moment twice."""

    def __call__(self) -> datetime:
        self.advance(microseconds=1)
        return self.now


def parsed(row: DeliveryRow) -> EmailMessage:
    return message_from_bytes(compose(delivery_of(row), content_of(row)), policy=policy.SMTP)


async def test_a_receipt_answers_the_citizens_mail_and_says_that_it_is_automatic(
    desk: Desk,
) -> None:
    opened = await desk.open(
        rfc_message_id="<b@citizens.example>", in_reply_to=["<a@citizens.example>"]
    )
    (row,) = await desk.tell(opened)
    mail, reference = parsed(row), opened.data["reference"]
    assert mail["From"] == "Ville de Démo <voirie@demo.example>"
    assert mail["Reply-To"].addresses[0].addr_spec == f"voirie+{reference}@demo.example"
    assert mail["To"] == "jeanne@citizens.example"
    assert mail["Message-ID"] == f"<{reference}.{row.id.hex}@guichet.demo.example>"
    assert mail["In-Reply-To"] == "<b@citizens.example>"
    assert mail["References"] == "<a@citizens.example> <b@citizens.example>"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert row.return_path == f"voirie+{reference}@demo.example"


async def test_a_change_of_status_is_generated_and_continues_the_conversation(desk: Desk) -> None:
    opened = await desk.open(rfc_message_id="<first@citizens.example>")
    desk.clock.advance(minutes=1)
    replied = await desk.act(opened, "reply", text="Fait.")
    closed = await desk.act(opened, "close")
    reply, change = sorted(await desk.tell(replied, closed), key=lambda row: len(row.headers))
    mail = parsed(change)
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["References"] == f"<first@citizens.example> {reply.message_id}"
    assert mail["In-Reply-To"] == reply.message_id


async def test_receipt_and_reply_answer_the_same_mail_also_when_written_with_a_change(
    desk: Desk,
) -> None:
    """One batch may carry all that happened to a case while the lane was away."""
    opened = await desk.open(rfc_message_id="<first@citizens.example>")
    desk.clock.advance(minutes=1)
    replied = await desk.act(opened, "reply", text="Fait.")
    closed = await desk.act(opened, "close")
    rows = await desk.tell(opened, replied, closed)
    answers = [row for row in rows if row.headers.get("Auto-Submitted") != "auto-generated"]
    assert [row.headers["In-Reply-To"] for row in answers] == ["<first@citizens.example>"] * 2


@pytest.mark.parametrize("channel", ["email", "web"])
async def test_who_writes_under_anothers_address_cannot_make_us_send_their_words(
    desk: Desk, channel: str
) -> None:
    opened = await desk.open(channel=channel, subject="Buy now http://spam.example")
    (row,) = await desk.tell(opened)
    assert "spam.example" not in row.subject + row.text + row.html
    assert opened.data["reference"] in row.subject


async def test_a_receipt_repeats_the_subject_to_a_sender_who_is_verified(desk: Desk) -> None:
    opened = await desk.open(subject="Lampadaire", sender_trust="verified")
    (row,) = await desk.tell(opened)
    assert row.subject == f"Bien reçu : Lampadaire [{opened.data['reference']}]"
    assert "Lampadaire" in row.text
    assert "Lampadaire" in row.html


async def test_a_receipt_without_the_subject_stays_in_the_conversation(desk: Desk) -> None:
    """Programs go by the identifiers (RFC 5256, section 3: REFERENCES before the subject)."""
    opened = await desk.open(subject="Lampadaire", rfc_message_id="<b@citizens.example>")
    (row,) = await desk.tell(opened)
    mail = parsed(row)
    assert "Lampadaire" not in mail["Subject"]
    assert mail["In-Reply-To"] == mail["References"] == "<b@citizens.example>"


async def test_a_receipt_of_the_web_form_answers_no_mail(desk: Desk) -> None:
    (row,) = await desk.tell(await desk.open(channel="web", rfc_message_id=""))
    assert "In-Reply-To" not in row.headers


async def test_mails_of_one_batch_are_created_in_the_order_of_their_events(
    desk: Desk,
) -> None:
    opened = await desk.open()
    replied = await desk.act(opened, "reply", text="Fait.")
    closed = await desk.act(opened, "close")
    requested = await desk.consume(desk.notifications(), [opened, replied, closed])
    await desk.consume(Deliveries(desk.database, Writing(LETTERHEAD, Ticking())), requested)
    marks = [row.headers.get("Auto-Submitted", "a person's") for row in await desk.rows()]
    assert marks == ["auto-replied", "a person's", "auto-generated"]


async def test_a_hostile_subject_stays_in_its_line(desk: Desk) -> None:
    opened = await desk.open(
        subject="Hi\r\nBcc: all@demo.example\r\n\r\n<script>alert(1)</script>",
        sender_trust="verified",
    )
    (row,) = await desk.tell(opened)
    mail = parsed(row)
    assert mail["Bcc"] is None
    assert "Bcc: all@demo.example" in mail["Subject"]
    assert "<script>" not in row.html
    assert "&lt;script&gt;" in row.html


async def test_message_ids_that_are_none_are_not_repeated(desk: Desk) -> None:
    opened = await desk.open(
        rfc_message_id="<ok@citizens.example>",
        in_reply_to=["<bad id@x.example>", "<é@x.example>", "nothing", "<a>\r\nBcc: <b@c.example>"],
    )
    (row,) = await desk.tell(opened)
    assert row.headers["References"] == "<ok@citizens.example>"
