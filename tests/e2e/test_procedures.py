"""Five citizens at a phone, each with a procedure of their own: with JavaScript and without, begun
in one browser and gone on with in another; axe finds nothing wrong on the way."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from cases.procedures import Procedure, example_procedures
from tests.e2e.applicants import APPLICANTS, STALL, Applicant, paper
from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.engines import NewTown, on_embedded
from tests.e2e.form_filling import fill_in, go_on
from tests.e2e.mailserver import MailServer
from tests.e2e.maps import map_server
from tests.e2e.town import Town

pytestmark = on_embedded  # what carries the events is not to be seen on a page
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PARTS = """html => [location.pathname.replace(/GU-[^/]+/, ""), ...html.querySelectorAll("[class]")]
    .map(one => typeof one == "string" ? one : one.getAttribute("class"))"""
seen: set[str] = set()
"""Classes and addresses that axe has looked at."""
EXAMPLES = {one.slug: one for one in example_procedures()}
with_and_without = pytest.mark.parametrize(
    "scripts", [True, False], ids=["with JavaScript", "without"]
)
everybody = pytest.mark.parametrize("who", APPLICANTS, ids=[one.slug for one in APPLICANTS])


@pytest.fixture(scope="module")
def town(
    new_town: NewTown,
    outside: MailServer,
    tmp_path_factory: pytest.TempPathFactory,
    browser: Browser,
) -> Iterator[Town]:
    """The demo town with a map and a geocoder, where bulky waste is fetched in winter, too: its
    administrator says so in the editor."""
    with (
        map_server() as maps,
        new_town(
            tmp_path_factory.mktemp("town") / "var",
            smarthost=outside.url,
            map_tiles=f"{maps}/{{z}}/{{x}}/{{y}}.png",
            map_centre="49.12,6.17,14",
            geocoder_url=maps,
        ) as town,
    ):
        with Visitor(browser, town, size=PHONE) as agent:
            page = agent.page
            agent.sign_in()
            page.goto("/agent/procedures/encombrants")
            page.locator("#who > summary").click()
            for label in ("Chaque année du", "Chaque année au"):
                page.get_by_label(label).fill("")
            check(page, scripts=True)
            page.locator("#who button[value=who]").click()
            page.get_by_role("button", name="Publier").click()
            expect(page.get_by_text("Publiée, version 2")).to_be_visible()
            for path in ("versions", "preview", "fields/things"):
                page.goto(f"/agent/procedures/encombrants/{path}")
                check(page, scripts=True)
        yield town


@everybody
@with_and_without
def test_a_procedure_is_filled_in_and_arrives(
    browser: Browser, town: Town, outside: MailServer, who: Applicant, scripts: bool
) -> None:
    procedure = EXAMPLES[who.slug]
    with Visitor(browser, town, size=PHONE, java_script_enabled=scripts) as first:
        page = first.page
        page.goto(f"/procedures?q={who.search}")
        check(page, scripts)
        page.locator(f'a[href="/procedures/{who.slug}"]').click()
        check(page, scripts)
        page.get_by_role("button", name="Commencer").click()
        page.locator("form.procedure").wait_for()
        go_on(page)  # with nothing in it
        expect(page.locator(".error-summary a").first).to_be_visible()
        check(page, scripts)
        fill_in(page, procedure, who.pages[0], scripts=scripts)
        link = the_link(page, scripts)
    with Visitor(browser, town, size=PHONE, java_script_enabled=scripts) as second:
        page = second.page
        page.goto(link)
        expect(page.locator(".step-of")).to_have_text(f"Étape 2 sur {len(who.pages) + 1}")
        for answers in who.pages[1:]:
            check(page, scripts)
            fill_in(page, procedure, answers, scripts=scripts)
        expect(page.get_by_role("heading", name="Vérifiez vos réponses")).to_be_visible()
        check(page, scripts)
        page.get_by_role("button", name="Envoyer ma demande").click()
        expect(page.locator(".qr svg")).to_be_visible()
        check(page, scripts)
        reference = page.locator("#reference").inner_text()
        page.go_back()  # and sent again it is still one
        expect(page.locator("#reference")).to_have_text(reference)
        receipt = outside.wait_for(lambda mail: reference in str(mail["subject"]))
    assert receipt["to"].addresses[0].addr_spec == who.email
    cases = town.query(f"SELECT subject FROM cases WHERE reference = '{reference}'")
    assert [subject.partition(" – ")[0] for (subject,) in cases] == [
        who.subject.partition(" – ")[0]
    ]


def test_a_place_is_chosen_on_the_map_and_an_upload_survives_a_broken_connection(
    browser: Browser, town: Town
) -> None:
    procedure: Procedure = EXAMPLES[STALL.slug]
    with Visitor(
        browser, town, size=PHONE, reduced_motion="reduce", has_touch=True, is_mobile=True
    ) as visitor:
        page = visitor.page
        page.goto(f"/procedures/{STALL.slug}")
        page.get_by_role("button", name="Commencer").click()
        fill_in(page, procedure, STALL.pages[0], scripts=True)
        page.get_by_label("Adresse ou repère").press_sequentially("1 place")
        page.get_by_role("button", name="1 Place d’Armes").click()
        latitude = page.locator("#f-place-lat")
        expect(latitude).to_have_value("49.120276")
        page.locator("[data-map]").click(position={"x": 200, "y": 200})
        expect(latitude).not_to_have_value("49.120276")
        fill_in(page, procedure, {**STALL.pages[1], "place": {}}, scripts=True)
        broken: list[str] = []
        page.route("**/uploads/*", lambda route: breaking(route, broken))
        page.locator("#f-register").set_input_files(paper("kbis.pdf"))  # type: ignore[arg-type]
        expect(page.get_by_role("button", name="Retirer kbis.pdf")).to_be_visible()
        assert broken
        check(page, scripts=True)  # with a button for the camera
        expect(page.get_by_text("Prendre une photo").first).to_be_visible()
        visitor.complaints.clear()  # of the broken connection


def breaking(route: Route, broken: list[str]) -> None:
    """The second piece does not get through at first."""
    request = route.request
    if request.method == "PATCH" and request.headers["upload-offset"] != "0" and not broken:
        broken.append(request.url)
        route.abort()
    else:
        route.continue_()


def the_link(page: Page, scripts: bool) -> str:
    """What the citizen takes along to another device."""
    if scripts:
        link = page.locator("#resume-link").get_attribute("href")
    else:
        page.get_by_role("button", name="Enregistrer et reprendre plus tard").click()
        link = page.locator("a", has_text="/procedures/resume").get_attribute("href")
    assert link
    return link


def check(page: Page, scripts: bool) -> None:
    # By a locator, which waits for the page that is just coming.
    assert page.locator("html").evaluate("html => html.scrollWidth") <= PHONE[0]
    if not scripts:
        return  # axe is a script itself, and the pages are the same
    new = {*page.locator("html").evaluate(PARTS)} - seen
    if not new:
        return  # axe takes its time
    seen.update(new)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}})
    assert not found.response["violations"], found.generate_report()
