"""From subscribing to unsubscribing: browsers without JavaScript, a real mail server, the Twilio
double."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.mailserver import MailServer
from tests.e2e.settling import settle, wait_until
from tests.e2e.town import Town

JEANNE = "jeanne@citizens.example"
NUMBER = "+33612345678"
CODE = re.compile(r"\d{6}")


@pytest.fixture
def citizen(browser: Browser, town: Town) -> Iterator[Visitor]:
    with Visitor(browser, town, size=PHONE, java_script_enabled=False) as visitor:
        yield visitor


def is_news(mail: EmailMessage) -> bool:
    return mail["to"].addresses[0].addr_spec == JEANNE and mail["list-unsubscribe"] is not None


def publish(agent: Visitor, title: str, *, urgent: bool = False) -> None:
    page = agent.page
    page.goto("/agent/entries/new")
    page.locator("#title-fr").fill(title)
    page.locator("#body-fr").fill(f"{title} : prenez la **déviation**.")
    page.get_by_label("Travaux et circulation").check()
    if urgent:
        page.locator("[name=urgent]").check()
    page.get_by_role("button", name="Publier maintenant").click()
    expect(page.locator(".badge.entry-published")).to_be_visible()


def subscribe_by_mail(citizen: Visitor, outside: MailServer) -> None:
    page = citizen.page
    page.goto("/topics/travaux")
    page.get_by_role("link", name="Être prévenu").first.click()
    page.get_by_label("Adresse électronique").fill(JEANNE)
    page.get_by_role("button", name="S’abonner").click()
    expect(page.get_by_role("heading", name="boîte aux lettres")).to_be_visible()
    asked = outside.wait_for(lambda mail: mail["to"].addresses[0].addr_spec == JEANNE)
    body = asked.get_body(("plain",))
    assert body is not None
    link = re.search(r"http\S+(/subscriptions/confirm/\S+)", body.get_content())
    assert link
    page.goto(link[1])
    page.get_by_role("button", name="je m’abonne").click()
    expect(page.get_by_role("status")).to_contain_text("Vous êtes abonné")


def subscribe_by_sms(citizen: Visitor, town: Town) -> None:
    page = citizen.page
    page.goto("/topics/travaux/subscribe")
    page.get_by_label("Téléphone mobile").fill(NUMBER)
    page.get_by_role("button", name="M’envoyer un code").click()
    expect(page.get_by_role("heading", name="Votre code")).to_be_visible()
    code = CODE.search(last_sms(town))
    assert code
    page.get_by_label("Code").fill(code[0])
    page.get_by_role("button", name="S’abonner").click()
    expect(page.get_by_role("status")).to_contain_text("Vous êtes abonné")


def last_sms(town: Town) -> str:
    settle(town)
    query = f"SELECT text FROM deliveries WHERE recipient = '{NUMBER}' ORDER BY created_at DESC"
    return str(town.query(query)[0][0])


def unsubscribe(mail: EmailMessage, town: Town) -> None:
    """As a mail program does (RFC 8058): a POST without any cookie."""
    assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    path = re.sub(r"^https?://[^/]+", "", mail["list-unsubscribe"].strip("<> "))
    answer = httpx.post(f"{town.url}{path}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200


def test_news_reaches_subscribers_until_they_have_enough(
    town: Town, agent: Visitor, citizen: Visitor, outside: MailServer
) -> None:
    subscribe_by_mail(citizen, outside)
    subscribe_by_sms(citizen, town)
    publish(agent, "Pont fermé")
    told = outside.wait_for(is_news)
    assert told["subject"] == "Pont fermé"
    assert told["precedence"] == "bulk"
    html = told.get_body(("html",))
    assert html is not None
    assert "<strong>déviation</strong>" in html.get_content()
    assert "Travaux et circulation" in html.get_content()
    settle(town)
    sent = "SELECT count(*) FROM deliveries WHERE medium = 'sms' AND campaign_id IS NOT NULL"
    assert town.scalar(sent) == 1

    unsubscribe(told, town)
    page = citizen.page
    page.goto(f"/demo/telephone?number=%2B{NUMBER.removeprefix('+')}")
    page.get_by_label("Votre message").fill("STOP")
    page.get_by_role("button", name="Envoyer").click()
    stopped = f"SELECT count(*) FROM opt_outs WHERE address = '{NUMBER}'"
    wait_until(lambda: town.scalar(stopped) == 1, within=20)

    publish(agent, "Pont rouvert", urgent=True)
    settle(town)
    assert [mail["subject"] for mail in outside.received if is_news(mail)] == ["Pont fermé"]
    failed = f"SELECT last_error FROM deliveries WHERE recipient = '{NUMBER}' AND status = 'failed'"
    ((reason,),) = town.query(failed)
    assert "STOP" in reason
