"""Every page at the width of a phone and of a desktop, in light and dark: axe finds nothing wrong,
and nothing sticks out at the side."""

from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
from playwright.sync_api import Browser, expect

from tests.builders import mail
from tests.e2e.browsing import DESKTOP, PHONE, Visitor
from tests.e2e.engines import on_embedded
from tests.e2e.looking import check
from tests.e2e.settling import settle
from tests.e2e.town import Town
from tests.ocr.pages import LETTER, printed

pytestmark = on_embedded  # what carries the events is not to be seen on a page


@pytest.fixture(scope="module", autouse=True)
def case(town: Town) -> None:
    """A case with documents, laid out in HTML; what has pages is read."""
    message = mail(subject="Inondation de la cave", to="voirie@demo.example")
    message.add_alternative("<p>De l’eau <b>partout</b>.</p>", subtype="html")
    message.add_attachment(b"a,b\n", maintype="text", subtype="csv", filename="dégâts.csv")
    for name, content in (("lettre.pdf", printed(LETTER, LETTER)), ("impôts.pdf", locked())):
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    town.send(message)
    settle(town)


def locked() -> bytes:
    made = BytesIO()
    with pikepdf.open(BytesIO(printed("secret"))) as document:
        document.save(made, encryption=pikepdf.Encryption(owner="o", user="u"))
    return made.getvalue()


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    found: tuple[int, int] = request.param
    return found


@pytest.fixture(params=["light", "dark"])
def visitor(
    request: pytest.FixtureRequest, browser: Browser, town: Town, size: tuple[int, int]
) -> Iterator[Visitor]:
    with Visitor(browser, town, size=size, color_scheme=request.param) as visitor:
        yield visitor


def test_the_citizens_pages(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/")
    check(page)
    page.get_by_role("button", name="Envoyer ma demande").click()  # the browser asks for more
    page.evaluate("document.querySelector('form.form').noValidate = true")
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.locator(".error-summary")).to_be_visible()
    check(page)
    page.get_by_label("Objet").fill("Bruit la nuit")
    page.get_by_role("textbox", name="Message").fill("Le bar d’en face joue fort après minuit.")
    page.get_by_label("Adresse électronique").fill("nuit@citizens.example")
    page.get_by_role("button", name="Envoyer ma demande").click()
    page.wait_for_url("**/contact/thanks/**")
    check(page)
    reference, key = (code.inner_text() for code in page.locator(".ticket code").all())
    page.goto("/tracking")
    check(page)
    page.get_by_label("Référence de suivi").fill("GU-0000-0000")
    page.get_by_label("Clé de suivi").fill("AAAA-AAAA-AAAA")
    page.get_by_role("button", name="Voir l’avancement").click()
    expect(page.locator(".error-summary")).to_be_visible()
    check(page)
    page.get_by_label("Référence de suivi").fill(reference)
    page.get_by_label("Clé de suivi").fill(key)
    page.get_by_role("button", name="Voir l’avancement").click()
    expect(page.get_by_text(reference).first).to_be_visible()
    check(page)
    page.goto("/topics/travaux/subscribe")
    page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true")
    check(page)
    page.goto("/no-such-page")
    check(page)


def test_the_agents_pages(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/agent/login")
    check(page)
    visitor.sign_in()
    check(page)
    page.get_by_label("Rechercher").fill("nothing has these words")
    expect(page.locator(".empty")).to_be_visible()
    check(page)
    page.goto("/agent/")
    page.get_by_role("link", name="Inondation de la cave").click()
    expect(page.get_by_role("heading", name="Inondation de la cave")).to_be_visible()
    page.evaluate("for (const more of document.querySelectorAll('details')) more.open = true")
    check(page)
    for path in ("/agent/quarantine", "/agent/scans", "/agent/outbox"):
        page.goto(path)
        check(page)
    page.locator(".stack-link").first.click()
    page.wait_for_url("**/agent/outbox/*")
    check(page)
    page.goto("/agent/cases/GU-0000-0000")
    check(page)


# Their colours are those of the other pages, which are looked at in the dark, too.
@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_the_pages_of_documents(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in()
    page.goto("/agent/?q=lampadaire")
    page.get_by_role("link", name="Inondation de la cave").click()
    page.wait_for_url("**/agent/cases/*")
    case = page.url
    page.get_by_role("link", name="lettre.pdf").first.click()
    page.wait_for_url("**/pages?q=lampadaire")
    picture = page.locator(".sheet-page img")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 900
    hits = [hit.bounding_box() for hit in page.locator(".mark-hit").all()]
    sheet = picture.bounding_box()
    assert sheet
    assert hits
    for hit in hits:
        assert hit
        assert sheet["x"] < hit["x"] < hit["x"] + hit["width"] < sheet["x"] + sheet["width"]
    page.locator(".page-work summary").click()
    check(page)
    page.get_by_role("link", name="Agrandir").click()
    page.wait_for_url("**large=1**")
    check(page)
    page.goto(case)
    page.get_by_role("link", name="impôts.pdf").first.click()
    page.wait_for_url("**/pages**")
    expect(page.get_by_label("Mot de passe du document")).to_be_visible()
    check(page)


@pytest.mark.parametrize("visitor", ["light"], indirect=True)
def test_the_pages_of_what_is_announced(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign_in()
    page.goto("/agent/entries/new")
    page.locator("#title-fr").fill("Coupure d’eau rue des Lilas")
    page.locator("#body-fr").fill("L’eau est **coupée** de 9 h à 12 h.")
    page.locator("#sms-fr").fill("Eau coupee rue des Lilas de 9h a 12h.")
    expect(page.locator("#sms-fr-length")).to_contain_text("1 SMS")
    page.get_by_label("Alertes").check()
    check(page)
    page.get_by_role("button", name="Enregistrer et prévisualiser").click()
    expect(page.frame_locator("iframe").first.get_by_text("coupée")).to_be_visible()
    check(page)
    page.get_by_role("link", name="Revenir au texte").click()
    page.get_by_role("button", name="Publier maintenant").click()
    page.wait_for_url("**?done=announced")
    check(page)
    for path in ("/agent/entries", "/agent/topics", "/agent/feeds", "/agent/campaigns", "/topics"):
        page.goto(path)
        check(page)
    page.goto("/topics/travaux")
    check(page)
    page.locator(".news-title a").first.click()
    page.wait_for_url("**/entries/*")
    check(page)
