"""An agent at the desk, by HTTP: what they publish goes through the same doors as everybody's."""

import re
import time
from html import unescape
from uuid import UUID

import httpx

from bench.alerts.entries import Entry
from tests.e2e.ground import AGENT

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
PATIENCE = 30.0  # seconds for an answer


class Desk:
    """One agent, signed in at ``url``."""

    def __init__(self, url: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=PATIENCE)
        self._post("/agent/login", "/agent/login", {"email": AGENT, "password": password})

    def publish(self, entry: Entry, topic: UUID) -> float:
        """Write it in French and publish it; the moment at which the button was pressed."""
        form = {
            "action": "publish",
            "title-fr": entry.title,
            "body-fr": entry.body,
            "sms-fr": entry.sms,
            "topics": topic.hex,
            **({"urgent": "on"} if entry.urgent else {}),
        }
        return self._post("/agent/entries/new", "/agent/entries", form)

    def close(self) -> None:
        self._http.close()

    def _post(self, page: str, to: str, form: dict[str, str]) -> float:
        """Send the form of a page; it must lead on."""
        found = _TOKEN.search(self._http.get(page).raise_for_status().text)
        if found is None:
            raise RuntimeError(f"no form on {page}")
        pressed = time.time()
        answer = self._http.post(to, data={**form, "csrf": unescape(found[1])})
        if answer.status_code != 303:
            raise RuntimeError(f"{to} answered {answer.status_code}: {answer.text[:2000]}")
        return pressed
