"""A town of several processes, two of each kind: to citizens and agents it is one."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.builders import mail
from tests.e2e.browsing import Visitor
from tests.e2e.county import County
from tests.e2e.engines import on_services
from tests.e2e.mailserver import MailServer
from tests.kafka.broker import Broker
from tests.postgresql import PostgreSQL


@pytest.fixture
def outside() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def county(
    server: tuple[PostgreSQL, str], kafka: Broker, outside: MailServer, tmp_path: Path
) -> Iterator[County]:
    county = County(tmp_path / "var", **on_services(server[0], kafka), smarthost=outside.url)
    for number in ("1", "2"):
        county.serve(f"serve {number}")
        county.mail(f"mail {number}")
        county.worker(f"worker {number}")
    try:
        yield county.start()
        county.stop(*county.names)
    finally:
        county.kill()


def test_what_one_process_does_is_seen_and_carried_on_by_the_others(
    county: County, outside: MailServer, browser: Browser
) -> None:
    with (
        Visitor(browser, county.desk("serve 1")) as one,
        Visitor(browser, county.desk("serve 2")) as other,
    ):
        one.sign_in()
        other.sign_in()
        for number in ("1", "2"):
            with smtplib.SMTP("127.0.0.1", county.port(f"mail {number}"), timeout=20) as server:
                server.send_message(mail(subject=f"By the server {number}"))
        for page in (one.page, other.page):
            for subject in ("By the server 1", "By the server 2"):
                row = page.locator(".case").filter(has_text=subject)
                expect(row).to_be_visible(timeout=20_000)
        for page in (one.page, other.page):
            page.get_by_role("link", name="By the server 1").click()
            expect(page.get_by_role("heading", name="By the server 1")).to_be_visible()
        one.page.get_by_label("Répondre à jeanne@citizens.example").fill("Oui.")
        one.page.get_by_role("button", name="Envoyer la réponse").click()
        expect(other.page.get_by_text("Cette demande vient d’être modifiée")).to_be_visible(
            timeout=20_000
        )
    outside.wait_for(lambda mail: mail["auto-submitted"] is None)
    assert sum(mail["auto-submitted"] is not None for mail in outside.received) == 2
