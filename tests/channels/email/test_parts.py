"""Files, forwarded mails and invitations are taken out as they are."""

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
INLINE = "Content-Disposition: inline"


def test_broken_base64_gives_what_can_be_read_and_a_note() -> None:
    head = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64")
    message = read(mail(b"Qm9uam91ciwg!!!\nbWVyY2k", *head))
    assert message.text == "Bonjour, merci"
    assert message.notes == ("part 1: broken base64",)
    assert read(mail(b"Qm9uam91cg==\nIG1lcmNpLg==\n", *head)).text == "Bonjour merci."


def test_broken_quoted_printable_is_read_as_far_as_it_goes() -> None:
    head = (
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
    )
    assert read(mail(b"caf=C3=A9 =ZZ 100% =\nfin=", *head)).text == "café =ZZ 100% fin"


def test_a_pdf_is_an_attachment_byte_for_byte_even_inline() -> None:
    pdf = file(PDF, "application/pdf; name=plan.pdf", "Content-Disposition: inline")
    message = read(of_parts(multipart("multipart/mixed", part("voici", "text/plain"), pdf)))
    [attachment] = message.attachments
    assert message.text == "voici"
    assert (attachment.name, attachment.media_type) == ("plan.pdf", "application/pdf")
    assert attachment.content == PDF
    assert not attachment.inline


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("filename=plan.pdf", "plan.pdf"),
        ("filename*=utf-8''plan%20%C3%A9t%C3%A9.pdf", "plan été.pdf"),
        ("filename*0=plan-;\r\n filename*1=long.pdf", "plan-long.pdf"),
        ("filename*0*=utf-8''%C3%A9;\r\n filename*1*=t%C3%A9.pdf", "été.pdf"),
        ('filename="=?utf-8?q?=C3=A9t=C3=A9.pdf?="', "été.pdf"),
        ('filename="été.pdf"', "été.pdf"),
        ('filename="../../etc/passwd"', "passwd"),
        (r'filename="C:\\temp\\plan.pdf"', "plan.pdf"),
        ('filename="fac\u202efdp.exe"', "facfdp.exe"),
        ('filename="a\x00\x07b.pdf"', "ab.pdf"),
        ('filename=".."', "attachment-1"),
        ("filename*=x-unknown''%E9t%E9.pdf", "été.pdf"),
        ("filename*" + "9" * 5000 + "=x", "attachment-1"),
        ('filename="' + "x" * 400 + '.pdf"', "x" * 146 + ".pdf"),
    ],
)
def test_a_file_name_is_a_name_and_no_path(field: str, name: str) -> None:
    pdf = file(PDF, "application/pdf", f"Content-Disposition: attachment; {field}")
    [attachment] = read(of_parts(multipart("multipart/mixed", pdf))).attachments
    assert attachment.name == name


def test_a_forwarded_mail_is_an_attachment_named_by_its_subject() -> None:
    inner = mail("le corps", "Subject: =?utf-8?q?=C3=89cole?=", "X-Odd:  kept   as is")
    message = read(
        of_parts(
            multipart("multipart/mixed", part("cf.", "text/plain"), part(inner, "message/rfc822"))
        )
    )
    [attachment] = message.attachments
    assert message.text == "cf."
    assert (attachment.name, attachment.media_type) == ("École.eml", "message/rfc822")
    assert attachment.content.rstrip() == inner.rstrip()


def test_nested_parts_are_one_message() -> None:
    alternatives = multipart(
        "multipart/alternative",
        part("Voir la photo", "text/plain"),
        multipart(
            "multipart/related",
            part('<p>Voir la photo <img src="cid:photo@x"></p>', "text/html"),
            file(b"GIF89a", "image/gif; name=photo.gif", "Content-ID: <photo@x>", INLINE),
            boundary="in",
        ),
        boundary="between",
    )
    plan = file(PDF, "application/pdf; name=plan.pdf", "Content-Disposition: attachment")
    message = read(of_parts(multipart("multipart/mixed", alternatives, plan, boundary="out")))
    assert message.text == "Voir la photo"
    assert message.html == '<p>Voir la photo <img src="cid:photo@x"></p>'
    assert [(a.name, a.inline) for a in message.attachments] == [
        ("photo.gif", True),
        ("plan.pdf", False),
    ]


def test_uuencoded_files_are_decoded_and_broken_ones_kept() -> None:
    begin, kind = "begin 644 a.bin\r\n#8V%T\r\n \r\nend\r\n", "application/x; name=a.bin"
    whole = part(begin, kind, "Content-Transfer-Encoding: x-uuencode")
    broken = part("#8V%T", kind, "Content-Transfer-Encoding: uuencode")
    message = read(of_parts(multipart("multipart/mixed", whole, broken)))
    assert [a.content for a in message.attachments] == [b"cat", b"#8V%T"]
    assert message.notes == ("part 3 (a.bin): broken uuencoding",)


def test_an_invitation_is_an_attachment_with_a_readable_line() -> None:
    ics = (
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Réunion de\r\n  quartier\r\n"
        "DTSTART;TZID=Europe/Paris:20261201T183000\r\nLOCATION:Salle\\, 1er étage\r\nEND:VEVENT\r\n"
    )
    calendar = part(ics, "text/calendar; charset=utf-8; method=REQUEST")
    message = read(of_parts(multipart("multipart/mixed", part("Venez", "text/plain"), calendar)))
    assert message.text == "Venez\n\nRéunion de quartier, 2026-12-01 18:30, Salle, 1er étage"
    assert [(a.name, a.media_type) for a in message.attachments] == [
        ("invitation.ics", "text/calendar")
    ]
