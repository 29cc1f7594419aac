"""What cannot be taken apart is attached whole, and nothing is lost."""

import pytest

from tests.channels.email.mails import (
    file,
    mail,
    multipart,
    of_parts,
    part,
    read,
)

PDF = b"%PDF-1.4\n" + bytes(range(256))


def test_too_many_parts_leave_the_whole_mail_as_an_attachment() -> None:
    raw = of_parts(multipart("multipart/mixed", *[part(f"p{n}", "text/plain") for n in range(400)]))
    message = read(raw)
    assert message.text.startswith("p0")
    assert message.notes[0] == "too many parts: the whole mail is attached"
    assert message.attachments[-1].content == raw


@pytest.mark.parametrize("depth", [30, 150, 3000])
def test_nesting_too_deep_leaves_the_whole_mail_as_an_attachment(depth: int) -> None:
    content = part("au fond", "text/plain")
    for level in range(depth):
        content = multipart("multipart/mixed", content, boundary=f"l{level}")
    message = read(of_parts(content))
    assert message.notes[0] == "nested too deep: the whole mail is attached"
    assert message.attachments[-1].media_type == "message/rfc822"


@pytest.mark.parametrize("depth", [5, 150, 190])
def test_mails_in_mails_in_mails_are_one_attachment(depth: int) -> None:
    raw = mail("le corps")
    for _ in range(depth):
        raw = mail(raw, "Content-Type: message/rfc822")
    [attachment] = read(raw).attachments
    assert attachment.media_type == "message/rfc822"
    assert b"le corps" in attachment.content


def test_an_inner_mail_that_cannot_be_taken_out_leaves_the_whole_mail() -> None:
    odd = mail("pas de limite, mais un é", "Content-Type: multipart/mixed; boundary=B")
    inner = part(odd, "message/rfc822")
    raw = of_parts(multipart("multipart/mixed", part("cf.", "text/plain"), inner))
    message = read(raw)
    assert message.text == "cf."
    assert message.attachments[-1].content == raw


@pytest.mark.parametrize("charset", ["idna", "x\x00", "base64"])
def test_a_boundary_that_cannot_be_read_leaves_the_whole_mail(charset: str) -> None:
    raw = mail("--y\n\nle texte\n", f"Content-Type: multipart/mixed; boundary*={charset}'x'y")
    message = read(raw)
    assert message.subject == "Nid-de-poule"
    assert "le texte" in message.text or message.attachments[-1].content == raw


def test_parts_after_the_end_leave_the_whole_mail_as_an_attachment() -> None:
    inner = multipart("multipart/alternative", part("texte", "text/plain"), boundary="same")
    pdf = file(PDF, "application/pdf")
    raw = of_parts(multipart("multipart/mixed", inner, pdf, boundary="same"))
    message = read(raw)
    assert message.text == "texte"
    assert message.notes[0] == "parts after the end: the whole mail is attached"
    assert message.attachments[-1].content == raw


def test_a_multipart_without_boundary_is_shown_as_text() -> None:
    message = read(mail("--x\n\nle texte\n", "Content-Type: multipart/mixed"))
    assert "le texte" in message.text
    assert message.notes
