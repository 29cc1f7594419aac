"""winmail.dat as Outlook makes it, and as an attacker does."""

import struct
from time import process_time

import pytest

from channels.email.tnef import read_tnef
from tests.channels.email.mails import file, multipart, of_parts, part, read, tnef_object, winmail

PDF = b"%PDF-1.4\n" + bytes(range(256))
MAPI_PROPERTIES, ATTACHMENT, RECIPIENTS = 0x9003, 0x9005, 0x9004
LONG_FILE_NAME, DATA, BODY_HTML, DISPLAY_NAME = 0x3707, 0x3701, 0x1013, 0x3001
UNICODE, BINARY, SHORT, MANY = 0x001F, 0x0102, 0x0002, 0x1000
FOUR_BILLION = 0xFFFF_FFFF


def of_mapi(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


def mapi(kind: int, name: int, content: bytes) -> bytes:
    padding = b"\0" * (-len(content) % 4)
    return struct.pack("<HHII", kind, name, 1, len(content)) + content + padding


def mail_with(data: bytes) -> bytes:
    tnef = file(data, 'application/ms-tnef; name="winmail.dat"', "Content-Disposition: attachment")
    return of_parts(multipart("multipart/mixed", part("", "text/plain"), tnef))


def test_winmail_dat_is_opened() -> None:
    data = winmail("Bonjour de Noël", ("plan été.pdf", PDF))
    tnef = file(data, 'application/ms-tnef; name="winmail.dat"', "Content-Disposition: attachment")
    message = read(of_parts(multipart("multipart/mixed", tnef)))
    assert message.text == "Bonjour de Noël"
    assert [(a.name, a.content) for a in message.attachments] == [("plan été.pdf", PDF)]


@pytest.mark.parametrize("size", [0, 3, 20, 40, 60, 90])
def test_a_damaged_winmail_dat_is_kept_as_it_is(size: int) -> None:
    data = winmail("Bonjour", ("plan.pdf", PDF))[:size]
    tnef = file(data, 'application/ms-tnef; name="winmail.dat"', "Content-Disposition: attachment")
    message = read(of_parts(multipart("multipart/mixed", part("voir", "text/plain"), tnef)))
    assert message.text == "voir"
    assert message.attachments[0].name in ("winmail.dat", "plan.pdf")


def test_a_file_with_its_long_name_in_unicode_is_taken_out() -> None:
    name = mapi(UNICODE, LONG_FILE_NAME, "plan d’été – 道路.pdf\0".encode("utf-16-le"))
    data = winmail("Bonjour", ("PLAN~1.PDF", PDF))
    data += tnef_object(2, ATTACHMENT, 6, of_mapi(name))
    message = read(mail_with(data))
    assert message.text == "Bonjour"
    assert [(a.name, a.content) for a in message.attachments] == [("plan d’été – 道路.pdf", PDF)]
    assert message.notes == ()


def test_html_in_it_is_sanitised_like_any_other() -> None:
    html = mapi(BINARY, BODY_HTML, b"<p>Bonjour <b>Zoe</b></p><script>x()</script>")
    message = read(mail_with(winmail("") + tnef_object(1, MAPI_PROPERTIES, 6, of_mapi(html))))
    assert message.text == "Bonjour Zoe"
    assert message.html == "<p>Bonjour <b>Zoe</b></p>"


def test_what_is_cut_off_is_attached_as_it_is_too() -> None:
    data = winmail("Bonjour", ("plan.pdf", PDF))[:-20]
    message = read(mail_with(data))
    assert message.text == "Bonjour"
    assert [a.name for a in message.attachments] == ["winmail.dat", "plan.pdf"]
    assert message.attachments[0].content == data
    assert message.notes == ("winmail.dat is damaged; it is attached too",)


def test_more_files_than_a_mail_may_have_stay_inside() -> None:
    data = winmail("x", *[(f"{number}.txt", b"x") for number in range(1000)])
    message = read(mail_with(data))
    assert len(message.attachments) == 251
    assert message.attachments[0].content == data
    assert message.notes == ("winmail.dat holds too many files; it is attached too",)


def test_a_path_in_a_name_of_it_is_left_out() -> None:
    message = read(mail_with(winmail("x", (r"..\..\etc\passwd", b"root"))))
    assert [a.name for a in message.attachments] == ["passwd"]


@pytest.mark.parametrize(
    "bomb",
    [
        struct.pack("<I", FOUR_BILLION),
        struct.pack("<IHHI", 1, SHORT | MANY, DISPLAY_NAME, FOUR_BILLION) + b"\0" * 20,
        struct.pack("<IHHI", 1, BINARY | MANY, DATA, FOUR_BILLION) + b"\0" * 400,
        struct.pack("<IHHI", 1, BINARY, DATA, FOUR_BILLION) + b"\0" * 400,
    ],
    ids=["properties", "numbers", "binaries", "values"],
)
@pytest.mark.parametrize("name", [MAPI_PROPERTIES, ATTACHMENT, RECIPIENTS])
def test_a_count_that_no_file_can_hold_costs_no_time(bomb: bytes, name: int) -> None:
    level = 2 if name == ATTACHMENT else 1
    data = winmail("x", ("plan.pdf", PDF)) + tnef_object(level, name, 6, bomb) * 50
    before = process_time()
    read_tnef(data)
    assert process_time() - before < 5


def test_many_little_objects_cost_no_quadratic_time() -> None:
    data = winmail("x") + tnef_object(1, 0x8020, 3, b"") * 400_000
    before = process_time()
    read_tnef(data)
    assert process_time() - before < 15
