"""A citizen from the first mail to a document in the wallet, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browsing import DESKTOP, PHONE, Visitor
from tests.e2e.engines import on_embedded
from tests.e2e.looking import walk, weight
from tests.e2e.mailserver import MailServer
from tests.e2e.test_pages import check
from tests.e2e.town import Town
from tests.ocr.pages import LETTER, printed

pytestmark = on_embedded
ADDRESS = "zoe@citizens.example"
PASSWORD = "trois tortues vertes"
MOST_BYTES = 100_000  # of a page without its images


def test_from_registering_to_the_wallet(town: Town, outside: MailServer, browser: Browser) -> None:
    with Visitor(browser, town, size=PHONE) as visitor:
        page = visitor.page
        page.goto("/me")
        page.wait_for_url("**/account/login?**")
        check(page)
        page.get_by_role("link", name="Ouvrir un compte").click()
        page.get_by_label("Adresse électronique").fill(ADDRESS)
        check(page)
        page.get_by_role("button", name="M’envoyer le lien").click()
        page.wait_for_url("**/account/sent/register")
        check(page)
        mail = outside.wait_for(lambda mail: mail["to"] == ADDRESS)
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        page.goto(re.findall(r"/account/link/\S+", text)[0])
        page.get_by_label("Prénom").fill("Zoé")
        page.get_by_label("Nom", exact=True).fill("Petit")
        page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
        check(page)
        page.get_by_role("button", name="Ouvrir mon compte").click()
        page.wait_for_url("**/me")
        page.get_by_role("button", name="Se déconnecter").click()
        page.get_by_label("Adresse électronique").fill(ADDRESS)
        page.get_by_label("Mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Se connecter", exact=True).click()
        page.wait_for_url("**/me")
        check(page)
        page.get_by_role("link", name="Mes documents").click()
        page.get_by_label("Fichier").set_input_files(
            {"name": "lettre.pdf", "mimeType": "application/pdf", "buffer": printed(LETTER)}
        )
        page.get_by_label("Nom du document").fill("Quittance de loyer")
        page.get_by_role("button", name="Le ranger").click()
        page.get_by_role("link", name="Quittance de loyer").click()
        picture = page.locator(".wallet-sheet img")
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
        for path in ("/me/wallet", "/me/profile", "/me/security", "/me/data", page.url):
            page.goto(path)
            check(page)
        for path in ("/me", "/me/profile", "/procedures/acte-de-naissance"):
            page.goto(path)
            assert walk(page) > 10
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        for path in ("/me", "/me/boxes", "/me/cases", "/me/wallet", "/me/profile", "/me/security"):
            page.goto(path)
            check(page)


@pytest.mark.parametrize("path", ["/", "/procedures", "/procedures/encombrants", "/tracking"])
def test_a_page_is_light(town: Town, browser: Browser, path: str) -> None:
    with Visitor(browser, town, size=PHONE) as visitor:  # whose browser has nothing yet
        assert 5_000 < weight(visitor.page, path) <= MOST_BYTES
