"""How long until an agent sees a mail on the page that is open: from SMTP 250 to the row.

The baseline is what an agent without live updates would do: loading the inbox once more. It is
measured again while a scan of 200 pages is being read. The call card of an agent whose telephone
rings is measured beside: from the moment at which the exchange tells of the call.
"""

import json
import tempfile
import time
import urllib.request
from pathlib import Path
from smtplib import SMTP
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

from bench.mails import make_mails, subject_of
from channels.cti.routes import PATH
from channels.cti.signature import signed_headers
from core.clock import utc_now
from tests.e2e.browsing import Visitor, launch
from tests.e2e.settling import wait_until
from tests.e2e.town import Town
from tests.ocr.pages import LETTER, drawn, scanned_pdf

PAUSE = 0.4  # seconds between two mails: the town is not busy
RELOADS = 10
PAGES = 200  # of the scan that is read beside
FIRST = 50_000_000  # number of the first mail
CALLS = 20
SECRET = "a secret that is long enough"
PATIENCE = 10_000  # milliseconds for the last row to appear

# Notes the moment at which the row of each subject is first in the page.
WATCH = """
    window.seen = {};
    const look = () => {
        for (const shown of document.querySelectorAll(".case-link, .call-who strong")) {
            window.seen[shown.textContent.trim().replaceAll(/\\s/g, " ")] ??= Date.now();
        }
    };
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
"""


def run(mails: int) -> dict[str, object]:
    count = min(mails, 50)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder,
        Town(Path(folder) / "var", cti_secrets=SECRET) as town,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        with Visitor(browser, town) as agent:
            agent.sign_in()
            agent.page.evaluate(WATCH)
            delays = _delays(town, agent.page, count)
            cards = _cards(town, agent.page, min(count, CALLS))
            scan = _Scan(town)
            beside = _delays(town, agent.page, count, start=FIRST + count)
            read = scan.pages_read()
            reload = median(_reload(agent.page) for _ in range(RELOADS))
        browser.close()
    shown = quantiles(delays, n=100)
    rang = quantiles(cards, n=100)
    return {
        "mails": count,
        "seconds_from_250_to_the_row": {
            "p50": round(shown[49], 3),
            "p99": round(shown[98], 3),
            "most": round(max(delays), 3),
        },
        "seconds_from_the_exchange_to_the_call_card": {
            "p50": round(rang[49], 3),
            "p99": round(rang[98], 3),
            "most": round(max(cards), 3),
        },
        f"while_{PAGES}_pages_are_read": {
            "p50": round(median(beside), 3),
            "most": round(max(beside), 3),
            "pages_read_by_then": read,
        },
        "seconds_to_load_the_inbox": round(reload, 3),
        "ratio_to_loading_the_inbox": round(shown[49] / reload, 2),
    }


class _Scan:
    """A scan of many pages that is being read."""

    def __init__(self, town: Town) -> None:
        self._town = town
        page = drawn(LETTER * 2)
        draft = town.data / "scan.pdf"
        draft.write_bytes(scanned_pdf(*[page] * PAGES))
        draft.rename(town.data / "scans" / "letters.pdf")
        wait_until(lambda: self.pages_read() > 0, within=60)

    def pages_read(self) -> int:
        query = """SELECT count(*) FROM pages JOIN documents ON documents.id = document_id
                   WHERE name = 'letters.pdf' AND pages.reading = 'read'"""
        return int(self._town.scalar(query))


def _delays(town: Town, page: Page, count: int, *, start: int = FIRST) -> list[float]:
    answered = {}
    with SMTP("127.0.0.1", town.smtp_port) as server:
        for number, mail in enumerate(make_mails(count, start=start), start=start):
            server.sendmail("citoyen@citoyens.example", "mairie@demo.example", mail)
            answered[subject_of(number)] = time.time()
            page.wait_for_timeout(PAUSE * 1000)
    page.wait_for_function(
        "subjects => subjects.every(subject => subject in window.seen)",
        arg=list(answered),
        timeout=PATIENCE,
    )
    seen = page.evaluate("window.seen")
    return [seen[subject] / 1000 - at for subject, at in answered.items()]


def _cards(town: Town, page: Page, count: int) -> list[float]:
    """Each call rings at the demo agent's telephone, from a number of its own, and ends."""
    told = {}
    for number in range(count):
        caller = f"+3361234{number:04d}"
        told[_shown(caller)] = time.time()
        _tell(town, "started", caller)
        page.wait_for_timeout(PAUSE * 1000)
        _tell(town, "ended", caller)
    page.wait_for_function(
        "numbers => numbers.every(number => number in window.seen)",
        arg=list(told),
        timeout=PATIENCE,
    )
    seen = page.evaluate("window.seen")
    return [seen[number] / 1000 - at for number, at in told.items()]


def _shown(number: str) -> str:
    """As the card has it: +33 6 12 34 00 01."""
    return " ".join([number[:3], number[3], *(number[n : n + 2] for n in range(4, 12, 2))])


def _tell(town: Town, event: str, caller: str) -> None:
    """As the exchange does, signed."""
    told = {
        "event": event,
        "call": caller,
        "time": utc_now().isoformat(),
        "caller": caller,
        "callee": "0199001002",
        "extension": "201",
    }
    body = json.dumps(told).encode()
    headers = {"Content-Type": "application/json", **signed_headers(SECRET.encode(), body, utc_now)}
    request = urllib.request.Request(town.url + PATH, body, headers)
    with urllib.request.urlopen(request, timeout=10):
        pass


def _reload(page: Page) -> float:
    started = time.perf_counter()
    page.reload(wait_until="load")
    return time.perf_counter() - started
