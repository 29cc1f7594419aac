"""An agent at the counter files for a citizen: by hand, twice, and hands out a receipt."""

from datetime import timedelta
from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect

from core.clock import utc_now
from tests.e2e.browsing import Visitor
from tests.e2e.engines import on_embedded
from tests.e2e.settling import settle
from tests.e2e.test_pages import check
from tests.e2e.town import Town

pytestmark = on_embedded  # the engine makes no difference to a form


def fill(page: Page) -> None:
    page.get_by_label("Nom", exact=True).fill("Zoë Œuvrard")
    page.get_by_role("textbox", name="Téléphone").fill("06 12 34 56 78")
    page.get_by_label("Comment savez-vous qui c’est").select_option("document")
    page.get_by_role("textbox", name="Objet").fill("Acte de naissance")
    page.get_by_label("Ce que demande l’usager").fill("Une copie de son acte de naissance.")
    card = FilePayload(name="carte.png", mimeType="image/png", buffer=picture())
    page.get_by_label("Prendre des photos").set_input_files([card])
    page.get_by_label("par SMS").check()


def picture() -> bytes:
    made = BytesIO()
    Image.new("L", (400, 250), 255).save(made, "PNG")
    return made.getvalue()


def test_a_form_that_is_sent_twice_is_one_case_with_a_receipt(town: Town, agent: Visitor) -> None:
    page = agent.page
    page.goto("/agent/counter")
    page.get_by_role("searchbox").fill("Œuvrart")
    page.get_by_role("button", name="Rechercher").click()
    page.get_by_text("Personne n’est connu ainsi").wait_for()
    check(page)
    fill(page)
    page.get_by_role("button", name="Enregistrer la demande").dblclick()
    page.wait_for_url("**/receipts/**")
    address = page.url
    check(page)
    reference = page.locator(".receipt code").first.inner_text()
    code = page.get_by_role("img", name="Code QR").screenshot()
    (read,) = zxingcpp.read_barcodes(Image.open(BytesIO(code)))
    assert read.text == f"{town.url}/tracking?reference={reference}"
    page.go_back()  # to the form that is filed, and so to its receipt again
    page.wait_for_url(address)
    settle(town)
    found = "SELECT reference, channel, sender_name, sender_trust FROM cases"
    assert town.query(f"{found} WHERE subject = 'Acte de naissance'") == [
        (reference, "counter", "Zoë Œuvrard", "vouched")
    ]
    page.goto("/agent/counter?q=oeuvrar")  # the citizen is known from now on
    page.get_by_text("+33612345678").wait_for()
    page.goto(f"/agent/cases/{reference}")
    page.get_by_label("Par lettre").check()
    page.get_by_label("Adresse postale de Zoë Œuvrard").fill("12 rue des Lilas\n57000 Metz")
    page.get_by_label("Votre réponse").fill("Votre acte est prêt.")
    check(page)
    page.get_by_role("button", name="Envoyer la réponse").click()
    page.get_by_text("La lettre attend d’être imprimée").wait_for()
    settle(town)
    page.goto("/agent/letters")
    check(page)
    assert page.request.get(page.locator(".letter-look a").get_attribute("href") or "").ok
    with page.expect_download() as batch:
        page.get_by_role("button", name="Imprimer 1 lettre").click()
    assert batch.value.path().read_bytes().startswith(b"%PDF")
    check(page)


def test_the_form_of_a_procedure_is_filled_in_for_a_caller(town: Town, agent: Visitor) -> None:
    page = agent.page
    page.goto("/agent/counter")
    page.get_by_label("Nom", exact=True).fill("Jeanne Petit")
    page.get_by_label("Par où est-elle arrivée").select_option("phone")
    page.get_by_label("Formulaire").select_option("encombrants")
    page.get_by_role("button", name="Afficher ce formulaire").click()
    expect(page.get_by_label("Prénom")).to_have_value("Jeanne")
    page.get_by_role("button", name="Enregistrer la demande").last.click()
    expect(page.locator(".error-summary")).to_be_visible()
    check(page)
    page.get_by_label("Sorte").select_option("furniture")
    page.get_by_label("Nombre").fill("1")
    page.get_by_label("Volume en tout").fill("1,5")
    page.get_by_label("Non", exact=True).check()
    page.get_by_label("Numéro et rue").fill("12 rue des Lilas")
    page.get_by_label("Code postal").fill("57000")
    page.get_by_label("Commune").fill("Metz")
    page.get_by_label("Dans la cour").check()
    page.get_by_label("Jour souhaité").fill(collection_day())
    page.locator("#f-email").fill("jeanne@citoyens.example")
    page.get_by_role("button", name="Enregistrer la demande").last.click()
    page.get_by_label("Code ou moyen d’entrer").fill("A12")  # a condition asks for one more
    check(page)
    page.get_by_role("button", name="Enregistrer la demande").last.click()
    page.wait_for_url("**/receipts/**")
    reference = page.locator(".receipt code").first.inner_text()
    settle(town)
    page.goto(f"/agent/cases/{reference}")
    expect(page.get_by_role("heading", name="Faire enlever ses encombrants")).to_be_visible()
    expect(page.locator(".case-meta")).to_contain_text("Voirie")
    expect(page.locator(".timeline")).to_contain_text("A12")
    page.get_by_text("Modifier l’accord").click()
    page.get_by_label("par courriel").check()
    page.get_by_role("button", name="Noter").click()
    expect(page.locator(".timeline")).to_contain_text("accepte d’être prévenu par Courriel")
    check(page)


def collection_day() -> str:
    """A Tuesday, Wednesday, Thursday or Friday of next week."""
    day = utc_now().date() + timedelta(days=7)
    while day.weekday() not in (1, 2, 3, 4):
        day += timedelta(days=1)
    return day.isoformat()
