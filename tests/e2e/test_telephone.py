"""The telephone from outside to outside: through real signed webhooks, in a real browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from core.keypad import keypad, keypad_of_reference
from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.settling import settle
from tests.e2e.test_pages import check
from tests.e2e.town import Town

SMS = re.compile(r"Référence (GU-\w{4}-\w{4}), clé ([\w-]+)\.")


class Citizen(Visitor):
    """At the demo town's telephone."""

    def take(self, number: str) -> None:
        self.number = number
        self.page.goto(f"/demo/telephone?number=%2B{number.removeprefix('+')}")

    def write(self, text: str) -> None:
        self.page.get_by_label("Votre message").fill(text)
        self.page.get_by_role("button", name="Envoyer").click()

    def wait_for(self, text: str | re.Pattern[str]) -> str:
        """Look until the last SMS says it; returns what it says."""
        said = ""
        for _ in range(60):
            self.page.get_by_role("link", name="Voir les réponses").click()
            bubbles = self.page.locator(".bubble").all_inner_texts()
            said = bubbles[-1] if bubbles else ""
            if re.search(text, said):
                return said
            self.page.wait_for_timeout(250)
        raise AssertionError(f"the last SMS is: {said}")

    def press(self, keys: str) -> None:
        self.page.get_by_label("Touches").fill(keys)
        self.page.get_by_role("button", name="Taper").click()


@pytest.fixture
def citizen(browser: Browser, town: Town) -> Iterator[Citizen]:
    with Citizen(browser, town, size=PHONE) as citizen:
        yield citizen


def reply(agent: Visitor, text: str) -> None:
    """By the box on the case's page, which counts along."""
    agent.page.get_by_label(re.compile("Répondre à")).fill(text)
    expect(agent.page.locator("#sms-length")).to_contain_text("1 SMS")
    agent.page.get_by_role("button", name="Envoyer la réponse").click()
    expect(agent.page.get_by_role("status").filter(has_text="réponse")).to_be_visible()


def test_a_conversation_by_sms_of_six_turns_is_one_case(
    town: Town, agent: Visitor, citizen: Citizen
) -> None:
    citizen.take("+33639980011")
    citizen.write("Le lampadaire de la rue Verte est éteint")
    receipt = citizen.wait_for(SMS)
    reference = SMS.search(receipt)[1]  # type: ignore[index]
    agent.page.goto(f"/agent/cases/{reference}")
    for number, (answer, question) in enumerate(
        [
            ("Devant quel numéro ?", "Devant le 12"),
            ("Depuis quand ?", "Depuis lundi"),
        ],
        start=1,
    ):
        agent.page.get_by_label(re.compile("Répondre à")).fill(answer)
        expect(agent.page.locator("#sms-length")).to_contain_text("1 SMS")
        agent.page.get_by_role("button", name="Envoyer la réponse").click()
        citizen.wait_for(re.escape(answer))
        citizen.write(question)
        settle(town)
        agent.page.goto(f"/agent/cases/{reference}")
        expect(agent.page.locator(".entry-in, .entry-out")).to_have_count(1 + 2 * number)
    check(agent.page)  # with the reply box's ways and the counter
    reply(agent, "Merci, nous venons demain.")
    citizen.wait_for("Merci, nous venons demain.")
    assert town.scalar("SELECT count(*) FROM cases WHERE sender_address = '+33639980011'") == 1

    citizen.write("STOP")
    citizen.wait_for("START")
    agent.page.goto(f"/agent/cases/{reference}")
    # No answer by SMS is offered any more, and what goes out by itself is stopped, too.
    expect(agent.page.get_by_text("Ce numéro ne veut plus de SMS")).to_be_visible()
    expect(agent.page.get_by_role("radio", name="Par SMS")).to_have_count(0)
    expect(agent.page.get_by_text("STOP reçu")).to_be_visible()
    agent.page.locator("summary", has_text="Clôturer").click()
    agent.page.get_by_role("button", name="Clôturer la demande").click()
    expect(agent.page.get_by_role("button", name="Rouvrir")).to_be_visible()
    settle(town)
    agent.page.goto(f"/agent/cases/{reference}")
    expect(agent.page.locator(".entry-failed").last).to_contain_text("STOP")
    citizen.write("START")
    citizen.wait_for("STOP y met fin")
    trail = town.query("SELECT action FROM audit WHERE object_id = '+33639980011' ORDER BY at")
    assert [action for (action,) in trail] == ["sms.stopped", "sms.allowed"]
    agent.page.goto("/agent/trail?q=%2B33639980011")
    expect(agent.page.locator(".trail li")).to_have_count(2)
    check(agent.page)


def test_a_call_goes_through_the_menu_to_a_voicemail_and_is_tracked_by_the_keypad(
    town: Town, agent: Visitor, citizen: Citizen
) -> None:
    citizen.take("+33639980012")
    page = citizen.page
    page.get_by_role("button", name="Appeler la commune").click()
    expect(page.get_by_text("Pour la voirie et la propreté, tapez 2.")).to_be_visible()
    check(page)
    citizen.press("9")
    expect(page.get_by_text("For roads and cleaning, press 2.")).to_be_visible()
    citizen.press("9")
    citizen.press("2")
    page.get_by_label("Ce que vous dites après le signal").fill("Il y a un trou rue des Lilas.")
    page.get_by_role("button", name="Parler, puis taper #").click()
    expect(page.get_by_text("Merci, votre message est enregistré.")).to_be_visible()
    receipt = citizen.wait_for(SMS)
    found = SMS.search(receipt)
    assert found
    reference, key = found[1], found[2]
    settle(town)

    agent.page.goto(f"/agent/cases/{reference}")
    expect(agent.page.get_by_role("heading", name="Message vocal")).to_be_visible()
    expect(agent.page.get_by_text("Il y a un trou rue des Lilas.")).to_be_visible()
    expect(agent.page.locator("audio")).to_have_count(1)
    expect(agent.page.locator(".case-meta")).to_contain_text("Voirie")
    # How long the call was came by its status, and stands on the case.
    expect(agent.page.locator(".timeline")).to_contain_text("s’est terminé après")
    agent.page.goto("/agent/calls")
    expect(agent.page.get_by_text("+33 6 39 98 00 12").first).to_be_visible()
    check(agent.page)
    agent.page.goto("/agent/telephone")
    check(agent.page)

    page.get_by_role("button", name="Appeler la commune").click()
    citizen.press("8")
    citizen.press(keypad_of_reference(reference))
    citizen.press("111111111111")
    expect(page.get_by_text("Nous ne trouvons pas de demande")).to_be_visible()
    citizen.press(keypad_of_reference(reference))
    citizen.press(keypad(key))
    expect(page.get_by_text("Nous avons reçu votre demande")).to_be_visible()
