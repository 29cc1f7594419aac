"""``python -m tests.lighthouse``: start a town, measure four of its pages, and fail below 95.

The scores of performance depend on how busy the machine is, so that this is no test of CI's; what a
page weighs and what axe finds are (``tests/e2e``).
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from tests.e2e.browsing import CHROMIUM, PHONE, launch
from tests.e2e.settling import settle
from tests.e2e.town import Town

LEAST = 95  # of 100
FOLDER = Path(__file__).parent
TRIES = 3
"""The best counts: what else the machine does is no property of the page."""


def main() -> int:
    with (
        tempfile.TemporaryDirectory(prefix="lighthouse-") as folder,
        Town(Path(folder) / "var") as town,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        width, height = PHONE
        context = browser.new_context(
            base_url=town.url, viewport={"width": width, "height": height}, locale="fr-FR"
        )
        pages = _pages(town, context)
        browser.close()
        best: dict[str, dict[str, Any]] = {}
        for _ in range(TRIES):
            wanting = [page for page in pages if not _good(best.get(page["name"]))]
            for result in _measure(wanting) if wanting else ():
                known = best.get(result["name"])
                if known is None or result["performance"] > known["performance"]:
                    best[result["name"]] = result
    for result in best.values():
        sys.stdout.write(json.dumps(result) + "\n")
    return 0 if all(map(_good, best.values())) else 1


def _good(result: dict[str, Any] | None) -> bool:
    return result is not None and min(result["performance"], result["accessibility"]) >= LEAST


def _pages(town: Town, context: BrowserContext) -> list[dict[str, str]]:
    """Home, catalogue, a page of a form, and a case, with the cookies that open them."""
    page = context.new_page()
    page.goto("/procedures/logement-indigne")
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_url("**/pages/*")
    form = page.url
    page.goto("/contact")
    page.get_by_label("Objet").fill("Lampadaire éteint")
    page.get_by_role("textbox", name="Message").fill("Rue de l’Église, devant le n° 4.")
    page.get_by_label("Adresse électronique").fill("jeanne@citizens.example")
    page.get_by_role("button", name="Envoyer ma demande").click()
    reference, key = (code.inner_text() for code in page.locator(".ticket code").all())
    settle(town)
    page.goto(f"/tracking?reference={reference}")
    page.get_by_label("Clé de suivi").fill(key)
    page.get_by_role("button", name="Voir l’avancement").click()
    page.wait_for_url("**/tracking/GU-*")
    urls = {"home": f"{town.url}/", "catalogue": f"{town.url}/procedures"}
    urls |= {"form": form, "tracking": page.url}
    return [
        {"name": name, "url": url, "cookie": _cookies(context, url)} for name, url in urls.items()
    ]


def _cookies(context: BrowserContext, url: str) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in context.cookies(url))


def _measure(pages: list[dict[str, str]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", "measure.mjs"],
        cwd=FOLDER,
        input=json.dumps({"chromium": CHROMIUM, "pages": pages}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    results: list[dict[str, Any]] = json.loads(done.stdout)
    return results


if __name__ == "__main__":
    sys.exit(main())
