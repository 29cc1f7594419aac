from email import message_from_bytes, policy
from email.message import EmailMessage

from notify.mail import compose
from notify.models import DeliveryRow
from notify.store import content_of, delivery_of
from tests.notify.building import Desk


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


async def test_the_web_form_cannot_make_us_send_a_strangers_words(desk: Desk) -> None:
    opened = await desk.open(
        channel="web", subject="Buy now http://spam.example", rfc_message_id=""
    )
    (row,) = await desk.tell(opened)
    assert "spam.example" not in row.subject + row.text + row.html
    assert "In-Reply-To" not in row.headers


async def test_a_hostile_subject_stays_in_its_line(desk: Desk) -> None:
    opened = await desk.open(subject="Hi\r\nBcc: all@demo.example\r\n\r\n<script>alert(1)</script>")
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
