"""Subjects, addresses, threads and dates are read however they are written."""

import pytest

from tests.channels.email.mails import (
    mail,
    read,
)


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        ("=?utf-8?B?w4lnbGlzZQ==?=", "Église"),
        ("=?utf-8?q?=C3=89glise_et?= =?utf-8?q?_place?=", "Église et place"),
        ("=?utf-8?B?w4lnbGlzZcM=?=\r\n =?utf-8?B?qQ==?=", "Égliseé"),
        ("=?iso-8859-1?q?=C9glise?= du bourg", "Église du bourg"),
        ("=?x-unknown?q?=C9glise?=", "Église"),
        ("=?utf-8?B?w4lnbGlzZQ?=", "Église"),
        ("=?utf-8?B?broken", "=?utf-8?B?broken"),
        ("Église brute", "Église brute"),
        ("sur\r\n deux lignes\x00\x07", "sur deux lignes"),
        ("=?utf-8?Q?a=0D=0AX-Evil=3A_1?=", "a X-Evil: 1"),
    ],
)
def test_subjects_are_decoded(field: str, subject: str) -> None:
    assert read(mail("x", f"Subject: {field}")).subject == subject


@pytest.mark.parametrize(
    ("field", "name", "address"),
    [
        ("zoe@exemple.example", "", "zoe@exemple.example"),
        ('"Müller, Zoé" <Zoe@Exemple.EXAMPLE>', "Müller, Zoé", "zoe@exemple.example"),
        ("=?utf-8?q?Zo=C3=A9?= <zoe@exemple.example>", "Zoé", "zoe@exemple.example"),
        ('"=?utf-8?q?Zo=C3=A9?=" <zoe@exemple.example>', "Zoé", "zoe@exemple.example"),
        ("Zoe (du bourg) <zoe@exemple.example>", "Zoe (du bourg)", "zoe@exemple.example"),
        ("<zoe@exemple.example", "", "zoe@exemple.example"),
        ("Zoé", "Zoé", "envelope@exemple.example"),
        ("(" * 3000 + "zoe@exemple.example", "", "zoe@exemple.example"),
    ],
)
def test_senders_are_read(field: str, name: str, address: str) -> None:
    sender = read(mail("x", f"From: {field}"), mail_from="envelope@exemple.example").sender
    assert (sender.name, sender.address) == (name, address)


def test_recipients_are_the_envelopes_and_then_our_own_of_the_header() -> None:
    raw = mail(
        "x", "To: Voirie@demo.example, ami@ailleurs.example", "Cc: <etat-civil@demo.example>"
    )
    recipients = read(raw, recipients=["mairie+GU@demo.example"]).recipients
    assert recipients == (
        "mairie+gu@demo.example",
        "voirie@demo.example",
        "etat-civil@demo.example",
    )


def test_threads_are_followed() -> None:
    message = read(
        mail("x", "In-Reply-To: <c@x>", "References: <a@x>\r\n <b@x> <c@x>", "Message-ID: bare@x")
    )
    assert message.in_reply_to == ("<a@x>", "<b@x>", "<c@x>")
    assert message.message_id == "<bare@x>"


@pytest.mark.parametrize(
    "date",
    ["yesterday", "Tue, 99 Nov 2026 09:30:00 +0100", "1 Jan 0001 00:00:00 +9999", "", "9" * 5000,
     "Tue, 24 Nov 2026 09:30:00 +999999999999"],
)  # fmt: skip
def test_a_nonsense_date_is_none(date: str) -> None:
    assert read(mail("x", f"Date: {date}")).sent_at is None


def test_headers_that_are_too_long_are_cut_with_a_note() -> None:
    message = read(mail("x", "Subject: " + "a" * 100_000))
    assert message.subject == "a" * 998
    assert message.notes == ("header Subject is too long and was cut",)
