import io
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import cast
from uuid import UUID

import pytest
import zxingcpp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from notify.addresses import is_mail_address, on_the_wire
from notify.mail import compose, mailbox, needs_utf8
from notify.models import Medium
from notify.qr import shown
from notify.senders.contract import Content, Delivery

DELIVERY = Delivery(
    id=UUID(int=7),
    medium=Medium.EMAIL,
    recipient="jeanne@citizens.example",
    return_path="mairie+GU-1234-5678@demo.example",
    message_id="<GU-1234-5678.0007@demo.example>",
    created_at=datetime(2026, 3, 9, 12, 0, 0, 123456, tzinfo=UTC),
    attempts=1,
    in_doubt=0,
)
CONTENT = Content(
    subject="Reçu : un lampadaire éteint rue de la République, devant l'école maternelle Jaurès",
    text="Bonjour,\n\nc'est noté. €\n",
    html="<!DOCTYPE html><p>Bonjour,</p><p>c'est noté. €</p>",
    headers={"From": mailbox("Ville de Démo", "mairie@demo.example")},
)

FIELDS = {
    *("from", "to", "subject", "date", "message-id", "references"),
    *("mime-version", "content-type"),
}


def parsed(content: Content, delivery: Delivery = DELIVERY) -> EmailMessage:
    return message_from_bytes(compose(delivery, content), policy=policy.SMTP)


def test_what_is_written_can_be_read_back() -> None:
    mail = parsed(CONTENT)
    assert mail["Subject"] == CONTENT.subject
    assert mail["From"].addresses[0].display_name == "Ville de Démo"
    assert mail["Date"].datetime == datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert cast(EmailMessage, text).get_content().replace("\r\n", "\n") == CONTENT.text
    assert cast(EmailMessage, html).get_content().strip() == CONTENT.html
    assert mail.defects == []


def test_every_attempt_sends_the_same_bytes_in_ascii_lines() -> None:
    first = compose(DELIVERY, CONTENT)
    assert compose(DELIVERY._replace(attempts=3, in_doubt=1), CONTENT) == first
    assert first.isascii()
    assert all(len(line) <= 78 for line in first.split(b"\r\n"))
    assert b"\n" not in first.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "town",
    [
        'Ville "de" Démo',
        "Démo, Ville <evil@spam.example>",
        "Back\\slash \\",
        "Démo\r\nBcc: all@demo.example",
        "=?utf-8?q?Bcc=3A_x?=",
        "Ville " * 40,
    ],
)
def test_a_hostile_town_name_stays_a_name(town: str) -> None:
    content = CONTENT._replace(headers={"From": mailbox(town, "mairie@demo.example")})
    mail = parsed(content)
    assert [address.addr_spec for address in mail["From"].addresses] == ["mairie@demo.example"]
    assert mail["Bcc"] is None


def test_long_identifiers_are_folded_between_and_never_inside() -> None:
    identifiers = [f"<{'x' * 120}{number}@outlook.example>" for number in range(9)]
    content = CONTENT._replace(headers={**CONTENT.headers, "References": " ".join(identifiers)})
    raw = compose(DELIVERY, content)
    assert b"=?" not in raw.partition(b"References:")[2].partition(b"\r\nMIME")[0]
    assert parsed(content)["References"].split() == identifiers


def test_a_domain_with_accents_goes_out_in_ascii() -> None:
    delivery = DELIVERY._replace(recipient="jeanne@exämple.example")
    assert not needs_utf8(delivery, CONTENT)
    assert parsed(CONTENT, delivery)["To"] == "jeanne@xn--exmple-cua.example"


def test_a_mailbox_with_accents_needs_smtputf8() -> None:
    delivery = DELIVERY._replace(recipient="jérôme@exämple.example")
    assert needs_utf8(delivery, CONTENT)
    assert "To: jérôme@xn--exmple-cua.example\r\n".encode() in compose(delivery, CONTENT)


def test_a_mailbox_with_two_dots_is_quoted() -> None:
    delivery = DELIVERY._replace(recipient="a..b@docomo.example")
    assert b'To: "a..b"@docomo.example\r\n' in compose(delivery, CONTENT)
    assert on_the_wire(delivery.recipient) == '"a..b"@docomo.example'


def test_idna_2008_takes_no_domain_for_another() -> None:
    """By the older IDNA the mail would go to strasse.example, which is somebody else's."""
    delivery = DELIVERY._replace(recipient="jeanne@straße.example")
    assert parsed(CONTENT, delivery)["To"] == "jeanne@xn--strae-oqa.example"


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
RECIPIENT = st.builds("{}@{}".format, TEXT, TEXT) | st.from_regex(r"[!-~]{1,64}", fullmatch=True)


@settings(max_examples=150, deadline=None)
@given(subject=TEXT, text=TEXT, html=TEXT, town=TEXT, references=TEXT)
def test_any_words_are_one_well_formed_mail(
    subject: str, text: str, html: str, town: str, references: str
) -> None:
    headers = {"From": mailbox(town, "mairie@demo.example"), "References": references}
    content = Content(subject=subject, text=text, html=html, headers=headers)
    raw = compose(DELIVERY, content)
    assert raw.isascii()
    assert not {*b"\r\n"} & {*raw.replace(b"\r\n", b"")}
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    mail = parsed(content)
    assert {*map(str.lower, mail.keys())} <= FIELDS
    assert [address.addr_spec for address in mail["From"].addresses] == ["mairie@demo.example"]
    assert len(list(mail.iter_parts())) == 2


@settings(max_examples=300, deadline=None)
@given(recipient=RECIPIENT)
@example("0@\x7f")
@example("+33612345678")
@example(f"{'0' * 36}@{'0' * 36}:")
@example("a@b.example>\r\nRCPT TO:<c@d.example")
def test_any_recipient_is_one_address_or_none_and_never_another_header(recipient: str) -> None:
    mail = parsed(CONTENT, DELIVERY._replace(recipient=recipient))
    assert {*map(str.lower, mail.keys())} <= FIELDS
    assert len(mail["To"].addresses) == is_mail_address(recipient)


@pytest.mark.parametrize(
    "address", ["a@b..c", "a@b.", "a@", "@b", "a b@c", "a@b c", "a\x80@b", "a@b\x7f", "a@b@c", "a"]
)
def test_what_is_no_address_is_known(address: str) -> None:
    assert not is_mail_address(address)


@pytest.mark.parametrize("address", ["jeanne@localhost", "é@exämple.example", "x@हिन्दी.example"])
def test_what_is_an_address_is_known(address: str) -> None:
    assert is_mail_address(address)


def test_a_receipt_carries_the_qr_code_of_where_it_is_tracked() -> None:
    url = "https://guichet.example/tracking?reference=GU-7K3M-9QX1&lang=fr"
    link = f'<a href="{escape(url)}"><img src="cid:tracking@guichet" alt="QR"></a>'
    content = CONTENT._replace(html=link)
    related = cast(EmailMessage, list(parsed(content).iter_parts())[1])
    words, picture = (cast(EmailMessage, part) for part in related.iter_parts())
    assert (words.get_content().strip(), picture["Content-ID"]) == (link, "<tracking@guichet>")
    code = zxingcpp.read_barcode(Image.open(io.BytesIO(picture.get_content())).convert("L"))
    assert code is not None
    assert code.text == url
    assert compose(DELIVERY, content) == compose(DELIVERY, content)
    assert "data:image/svg+xml" in shown(link)
    assert shown("<p>Bonjour</p>") == "<p>Bonjour</p>"
