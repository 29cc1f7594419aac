"""What a machine wrote is recognised, and what a person wrote is not taken for it."""

import pytest

from ingest.message import Automatic
from tests.channels.email.mails import mail, multipart, of_parts, part, read

REPORT = "multipart/report; report-type=delivery-status"
STATUS = (
    "Reporting-MTA: dns; mx.example\r\n\r\n"
    "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"
)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: auto-replied", Automatic.AUTO_REPLY),
        ("Auto-Submitted: auto-generated; owner=x", Automatic.AUTO_REPLY),
        ("Auto-Submitted: no", Automatic.NO),
        ("X-Autoreply: yes", Automatic.AUTO_REPLY),
        ("X-Autorespond: away", Automatic.AUTO_REPLY),
        ("X-Auto-Response-Suppress: All", Automatic.AUTO_REPLY),
        ("X-Auto-Response-Suppress: DR, RN", Automatic.NO),
        ("Precedence: auto_reply", Automatic.AUTO_REPLY),
        ("Precedence: bulk", Automatic.BULK),
        ("List-Id: <news.example>", Automatic.BULK),
        ("List-Unsubscribe: <mailto:x@y.example>", Automatic.BULK),
        ("Subject: Réponse automatique : absente", Automatic.AUTO_REPLY),
        ("Subject: Automatic reply: away", Automatic.AUTO_REPLY),
        ("Subject: Re: Réponse automatique : absente", Automatic.NO),
        ("X-Failed-Recipients: a@b.example", Automatic.BOUNCE),
        ("From: Mail Delivery System <MAILER-DAEMON@mx.example>", Automatic.BOUNCE),
        ("X-Other: 1", Automatic.NO),
    ],
)
def test_a_header_tells(field: str, kind: Automatic) -> None:
    assert read(mail("x", field)).automatic == kind


def test_a_delivery_report_is_a_bounce_with_its_status_attached() -> None:
    report = multipart(
        REPORT,
        part("could not be delivered", "text/plain"),
        part(STATUS, "message/delivery-status"),
        part(mail("the lost one"), "message/rfc822"),
    )
    message = read(of_parts(report), mail_from="")
    assert message.automatic == Automatic.BOUNCE
    assert message.text == "could not be delivered"
    assert [a.name for a in message.attachments] == ["delivery-status.txt", "Nid-de-poule.eml"]
    assert b"Final-Recipient: rfc822; a@b.example" in message.attachments[0].content


def test_a_null_sender_is_a_bounce_unless_it_says_to_be_an_answer() -> None:
    assert read(mail("x"), mail_from="").automatic == Automatic.BOUNCE
    answer = mail("x", "Auto-Submitted: auto-replied")
    assert read(answer, mail_from="").automatic == Automatic.AUTO_REPLY


def test_a_read_receipt_is_an_automatic_reply() -> None:
    receipt = multipart(
        "multipart/report; report-type=disposition-notification", part("read", "text/plain")
    )
    assert read(of_parts(receipt), mail_from="").automatic == Automatic.AUTO_REPLY
