"""The town's telephone exchange and an agent at the desk, on both engines."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from channels.cti.routes import PATH
from channels.cti.signature import signed_headers
from core.clock import utc_now
from tests.e2e.browsing import PHONE, Visitor
from tests.e2e.engines import NewTown
from tests.e2e.looking import check
from tests.e2e.town import Town

SECRET = "a secret that is long enough"
LONG = 20_000  # milliseconds
BEGAN = utc_now() - timedelta(minutes=2)


@pytest.fixture(scope="module")
def town(new_town: NewTown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    data = tmp_path_factory.mktemp("calls") / "var"
    with new_town(data, cti_secrets=SECRET, smarthost="smtp://127.0.0.1:9") as town:
        yield town


def tell(town: Town, event: str, *, call: str, at: float = 0, **more: str) -> None:
    """What the exchange tells of a call to the demo agent's telephone, ``at`` its seconds."""
    time = (BEGAN + timedelta(seconds=at)).isoformat()
    told: dict[str, Any] = {"event": event, "call": call, "time": time, "callee": "0199001002"}
    body = json.dumps({**told, "caller": "0612345678", "extension": "201", **more}).encode()
    headers = signed_headers(SECRET.encode(), body, utc_now)
    assert httpx.post(town.url + PATH, content=body, headers=headers).status_code == 204


def test_a_call_comes_in_is_answered_and_its_length_is_on_the_case(
    town: Town, agent: Visitor
) -> None:
    page = agent.page
    tell(town, "started", call="first")
    card = page.locator(".call-card")
    expect(card).to_contain_text("+33 6 12 34 56 78", timeout=LONG)
    expect(card).to_contain_text("Voirie et propreté")
    check(page)
    tell(town, "answered", call="first", at=5)
    expect(card).to_contain_text("En cours", timeout=LONG)
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    check(page)
    card.get_by_role("link", name="Ouvrir une demande").click()
    page.get_by_label("Objet").fill("Banc cassé au square")
    page.get_by_label("Nom").fill("Jeanne Petit")
    page.get_by_role("button", name="Ouvrir la demande").click()
    expect(page.get_by_role("heading", name="Banc cassé au square")).to_be_visible()
    tell(town, "ended", call="first", at=70)
    expect(page.locator("#changed")).to_be_visible(timeout=LONG)
    page.reload()
    ended = "L’appel avec +33 6 12 34 56 78 s’est terminé après 1 min 5 s"
    shown = page.locator(".timeline").inner_text().replace("\u202f", " ").replace("\u00a0", " ")
    assert ended in shown

    # The same citizen again: known by now, and the call is linked with their case.
    tell(town, "started", call="second")
    expect(card).to_contain_text("Jeanne Petit", timeout=LONG)
    card.get_by_role("button", name="Lier").click()
    expect(page.get_by_text("L’appel est lié à la demande.")).to_be_visible()
    tell(town, "ended", call="second", at=9)


def test_a_missed_call_is_to_be_called_back(town: Town, agent: Visitor) -> None:
    page = agent.page
    town.command("send-call", "--from", "+33698765432", "--ring", "0.1", "--talk", "0")
    row = page.locator(".case").filter(has_text="Appel manqué de +33698765432")
    expect(row).to_contain_text("Voirie et propreté", timeout=LONG)
    row.get_by_role("link").click()
    task = page.locator(".callback")
    expect(task).to_contain_text("+33698765432", timeout=LONG)
    expect(task).to_contain_text("appel manqué")
    expect(page.locator(".timeline")).to_contain_text("l’usager est à rappeler")
    task.get_by_role("button", name="Fait", exact=True).click()
    expect(page.locator(".timeline")).to_contain_text("a rappelé l’usager")
    expect(page.locator(".callback")).to_have_count(0)
