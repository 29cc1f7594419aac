"""Everything that a citizen must do, and the clerk's daily round, with JavaScript switched off."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.builders import mail
from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town


@pytest.fixture
def plain(browser: Browser, town: Town) -> Iterator[Visitor]:
    with Visitor(browser, town, size=PHONE, java_script_enabled=False) as visitor:
        yield visitor


def test_a_citizen_asks_and_follows_the_answer(plain: Visitor, outside: MailServer) -> None:
    page = plain.page
    page.goto("/")
    page.get_by_label("Objet").fill("Carte d’électeur")
    page.get_by_role("textbox", name="Message").fill("Où retirer ma carte d’électeur ?")
    page.get_by_label("Adresse électronique").fill("vote@citizens.example")
    page.get_by_label("Pièces jointes").set_input_files(
        {"name": "ancienne carte.txt", "mimeType": "text/plain", "buffer": b"number 12"}
    )
    page.get_by_role("button", name="Envoyer ma demande").click()
    reference, key = (code.inner_text() for code in page.locator(".ticket code").all())
    receipt = outside.wait_for(lambda mail: reference in str(mail["subject"]))
    assert receipt["to"].addresses[0].addr_spec == "vote@citizens.example"
    page.get_by_role("link", name="Suivre ma demande").first.click()
    page.get_by_label("Référence de suivi").fill(reference.lower())
    page.get_by_label("Clé de suivi").fill(key)
    page.get_by_role("button", name="Voir l’avancement").click()
    expect(page.get_by_text("Où retirer ma carte d’électeur ?")).to_be_visible()
    expect(page.get_by_text("ancienne carte.txt")).to_be_visible()


def test_the_language_is_chosen_by_a_link(plain: Visitor) -> None:
    plain.page.goto("/")
    plain.page.get_by_role("link", name="English").click()
    expect(plain.page.get_by_role("button", name="Send")).to_be_visible()
    plain.page.goto("/tracking")
    expect(plain.page.locator("html")).to_have_attribute("lang", "en")


def test_an_agent_claims_answers_and_closes(
    plain: Visitor, town: Town, outside: MailServer
) -> None:
    town.send(mail(subject="Panneau tombé", sender="Eva <eva@citizens.example>"))
    outside.wait_for(lambda mail: mail["to"].addresses[0].username == "eva")
    page = plain.page
    plain.sign_in()
    page.get_by_role("link", name="Panneau tombé").click()
    page.get_by_role("button", name="Prendre en charge").click()
    expect(page.locator(".notice")).to_be_visible()
    page.get_by_label("Répondre à eva@citizens.example").fill("C’est réparé.")
    page.get_by_role("button", name="Envoyer la réponse").click()
    outside.wait_for(
        lambda mail: mail["to"].addresses[0].username == "eva" and mail["auto-submitted"] is None
    )
    page.locator("summary", has_text="Clôturer").click()
    page.get_by_role("button", name="Clôturer la demande").click()
    expect(page.locator(".notice")).to_be_visible()
    expect(page.get_by_role("button", name="Rouvrir")).to_be_visible()
