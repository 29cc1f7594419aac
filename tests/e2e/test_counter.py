"""An agent at the counter files for a citizen: by hand, twice, and hands out a receipt."""

from io import BytesIO

import zxingcpp
from PIL import Image
from playwright.sync_api import FilePayload, Page

from tests.e2e.browsing import Visitor
from tests.e2e.engines import on_embedded
from tests.e2e.looking import check
from tests.e2e.settling import settle
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
    with page.expect_download() as batch:
        page.get_by_role("button", name="Imprimer 1 lettre").click()
    assert batch.value.path().read_bytes().startswith(b"%PDF")
    check(page)
