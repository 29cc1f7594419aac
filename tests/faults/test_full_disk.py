"""A disk without room, for real: the process may write no further than it has (RLIMIT_FSIZE)."""

import resource
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from tests.builders import mail
from tests.e2e.settling import settle
from tests.e2e.town import Town

LARGE = 200_000  # bytes: such a mail goes to the blobs' folder and not to the database


@pytest.mark.parametrize("size", [0, LARGE], ids=["small", "large"])
def test_a_mail_is_put_off_and_taken_once_there_is_room(tmp_path: Path, size: int) -> None:
    message = mail(subject="Full", text="x" * size)
    with Town(tmp_path / "var") as town:
        settle(town)
        with _full_disk(town):
            code, answer = _send(town, message)
            assert (code, answer[:5]) == (451, b"4.3.0")
            assert _count(town, "intakes") == _count(town, "messages")
            assert httpx.get(f"{town.url}/healthz").status_code == 200
        assert _send(town, message)[0] == 250
        settle(town)
        assert _subjects(town).count("Full") == 1


def test_a_web_form_is_put_off_with_its_text_kept(tmp_path: Path) -> None:
    with Town(tmp_path / "var") as town, httpx.Client(base_url=town.url) as browser:
        form = _form(browser)
        with _full_disk(town):
            answer = browser.post("/contact", data=form)
            assert answer.status_code == 503
            assert int(answer.headers["retry-after"]) > 0
            assert form["message"] in answer.text
        assert browser.post("/contact", data=form).status_code == 303
        settle(town)
        assert _subjects(town).count("Full") == 1


@contextmanager
def _full_disk(town: Town) -> Iterator[None]:
    before = resource.prlimit(town.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(town.pid, resource.RLIMIT_FSIZE, before)


def _send(town: Town, message: EmailMessage) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", town.smtp_port, timeout=30) as server:
        server.ehlo()
        server.mail("jeanne@citizens.example")
        server.rcpt("mairie@demo.example")
        return server.data(message.as_bytes())


def _form(browser: httpx.Client) -> dict[str, str]:
    page = browser.get("/").text

    def hidden(name: str) -> str:
        return page.partition(f'name="{name}" value="')[2].partition('"')[0]

    return {
        "csrf": hidden("csrf"),
        "nonce": hidden("nonce"),
        "subject": "Full",
        "message": "There is no room left at the waste depot.",
        "email": "jeanne@citizens.example",
    }


def _count(town: Town, table: str) -> int:
    return int(town.scalar(f"SELECT count(*) FROM {table}"))


def _subjects(town: Town) -> list[str]:
    return [subject for (subject,) in town.query("SELECT subject FROM cases")]
