"""A citizen at a phone asks for a market stall: with JavaScript and without, begun in one browser
and gone on with in another; axe finds nothing wrong on the way."""

from datetime import date, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.engines import on_embedded
from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town

pytestmark = on_embedded  # what carries the events is not to be seen on a page
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PAPER = {"mimeType": "application/pdf", "buffer": b"%PDF-1.7 %%EOF"}


@pytest.mark.parametrize("scripts", [True, False], ids=["with JavaScript", "without"])
def test_a_market_stall_is_asked_for(
    browser: Browser, town: Town, outside: MailServer, scripts: bool
) -> None:
    with Visitor(browser, town, size=PHONE, java_script_enabled=scripts) as first:
        page = first.page
        page.goto("/procedures?q=étal")
        check(page, scripts)
        page.get_by_role("link", name="Demander un emplacement au marché").click()
        check(page, scripts)
        page.get_by_role("button", name="Commencer").click()
        page.get_by_label("Nom de l’entreprise").fill("Fromages Lambert")
        page.get_by_label("Numéro SIRET").fill("123")
        page.get_by_label("Que vendez-vous").select_option("food")
        if scripts:  # the server has been asked what this answer asks for
            expect(page.get_by_text("agriculture biologique")).to_be_visible()
        go_on(page)
        expect(page.locator(".error-summary a").first).to_have_attribute("href", "#f-siret")
        check(page, scripts)
        page.get_by_label("Numéro SIRET").fill("123 456 789 00012")
        page.locator("label.box", has_text="Oui").click()
        go_on(page)
        page.get_by_label("Longueur").fill("3,5")
        if scripts:  # saved by itself while typing
            page.get_by_label("Profondeur").fill("2")
            expect(page.get_by_text("12,95 €")).to_be_visible()
            link = page.locator("#resume-link").get_attribute("href")
        else:
            page.get_by_role("button", name="Enregistrer et reprendre plus tard").click()
            link = page.locator("a", has_text="/procedures/resume").get_attribute("href")
    assert link
    with Visitor(browser, town, size=PHONE, java_script_enabled=scripts) as second:
        page = second.page
        page.goto(link)
        expect(page.get_by_label("Longueur")).to_have_value("3,5")
        the_stall(page)
        the_papers(page, scripts)
        page.get_by_label("Prénom").fill("Anne")
        page.get_by_label("Nom", exact=True).fill("Lambert")
        page.get_by_label("Adresse électronique").fill("anne@lambert.example")
        page.get_by_text("J’ai lu le règlement").click()
        go_on(page)
        expect(page.get_by_role("heading", name="Vérifiez vos réponses")).to_be_visible()
        expect(page.get_by_text("kbis.pdf")).to_be_visible()
        check(page, scripts)
        page.get_by_role("button", name="Envoyer ma demande").click()
        expect(page.locator(".qr svg")).to_be_visible()
        check(page, scripts)
        reference = page.locator("#reference").inner_text()
        receipt = outside.wait_for(lambda mail: reference in str(mail["subject"]))
        assert receipt["to"].addresses[0].addr_spec == "anne@lambert.example"
    subject, queue = town.query(
        "SELECT subject, slug FROM cases JOIN queues ON queues.id = queue_id"
        f" WHERE reference = '{reference}'"
    )[0]
    assert (subject, queue) == ("Demander un emplacement au marché – Fromages Lambert", "voirie")


def the_stall(page: Page) -> None:
    page.locator("label.box", has_text="Samedi").click()
    page.locator("label.box", has_text="de passage").click()
    page.get_by_label("À partir du").fill((date.today() + timedelta(days=9)).isoformat())  # noqa: DTZ011
    page.get_by_label("Profondeur").fill("2")
    page.locator("label.box", has_text="Non").click()
    page.get_by_label("Adresse ou repère").fill("près de la fontaine")
    go_on(page)


def the_papers(page: Page, scripts: bool) -> None:
    for label, name in (("Extrait Kbis", "kbis.pdf"), ("Attestation", "assurance.pdf")):
        page.get_by_label(label).set_input_files({"name": name, **PAPER})  # type: ignore[arg-type]
        if scripts:  # taken at once
            expect(page.get_by_role("button", name=f"Retirer {name}")).to_be_visible()
    go_on(page)


def go_on(page: Page) -> None:
    page.locator("form.procedure .actions button").first.click()


def check(page: Page, scripts: bool) -> None:
    # By a locator, which waits for the page that is just coming.
    assert page.locator("html").evaluate("html => html.scrollWidth") <= PHONE[0]
    if not scripts:
        return  # axe is a script itself, and the pages are the same
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert not found.response["violations"], found.generate_report()
