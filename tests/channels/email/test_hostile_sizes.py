"""Five megabytes of anything take seconds: nothing in the normalizer is worse than linear."""

from time import process_time

import pytest

from tests.channels.email.mails import HEADERS, mail, read

SIZE = 5 * 1024 * 1024
PATIENCE = 20.0  # seconds; the worst takes 3, and a machine under test may be slow
PLAIN, HTML = "text/plain; charset=utf-8", "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("kind", "piece"),
    [
        (PLAIN, "\n"),
        (PLAIN, "> x\n"),
        (PLAIN, "Le 24/11/2026 à 9:30, X a écrit :\n"),
        (PLAIN, "De : x\nEnvoyé : y\n"),
        (PLAIN, "On "),
        (PLAIN, "-"),
        (PLAIN, "Cordialement, A B C\n"),
        (PLAIN, "\u0301\u0323"),
        ("text/plain", "\udce9\udcff"),
        ("text/plain; charset=utf-7", "+AGE-"),
        (HTML, "<"),
        (HTML, "<div>"),
        (HTML, "<b><p>"),
        (HTML, "<!--"),
        (HTML, "&"),
        (HTML, "<p>un mot</p>\n"),
        (HTML, "<table><tr><td>"),
        ("text/calendar", "BEGIN:VEVENT\n"),
        ("message/delivery-status", "\n\n"),
        ("message/rfc822", "A: b\n"),
        ("multipart/mixed; boundary=x", "--x\n"),
        ("application/ms-tnef; name=winmail.dat", "\x78\udc9f\x3e\x22"),
    ],
)
def test_a_large_hostile_body_takes_seconds(kind: str, piece: str) -> None:
    data = piece.encode("utf-8", "surrogateescape")
    head = "\r\n".join([*HEADERS, f"Content-Type: {kind}", "", ""]).encode()
    raw = head + data * (SIZE // len(data))
    before = process_time()
    read(raw)
    assert process_time() - before < PATIENCE


@pytest.mark.parametrize(
    "field",
    [
        "Subject: " + "=?utf-8?q?a?= " * 18_000,
        "Subject: " + "=?" * 120_000,
        "From: " + "(" * 250_000,
        "From: " + '"' * 250_000,
        "To: " + "a@b.example, " * 19_000,
        "References: " + "<" * 250_000,
        "Date: " + "1 " * 120_000,
        "Content-Type: text/plain; " + "a*0*=b'c'd; " * 20_000,
        "Content-Disposition: attachment; " + "filename*0=a; " * 17_000,
        "Subject: " + "a\r\n " * 60_000,
        "\r\n".join(["X: y"] * 40_000),
    ],
    ids=lambda field: field[:24],
)
def test_large_hostile_headers_take_less_than_a_second(field: str) -> None:
    before = process_time()
    read(mail("x", field))
    assert process_time() - before < 5
