"""A person at a browser (Debian's Chromium through Playwright)."""

from types import TracebackType
from typing import Any, Protocol, Self

from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright

from tests.e2e.ground import AGENT

CHROMIUM = "/usr/bin/chromium"
PHONE = (390, 844)
DESKTOP = (1440, 900)
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Desk(Protocol):
    """Where a visitor goes to."""

    @property
    def url(self) -> str: ...
    @property
    def password(self) -> str:
        """Of every demo agent."""
        ...


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))


class Visitor:
    """One browser profile with one page. Leaving fails when the page complained of anything."""

    def __init__(
        self,
        browser: Browser,
        desk: Desk,
        *,
        size: tuple[int, int] = DESKTOP,
        locale: str = "fr-FR",
        **profile: Any,
    ) -> None:
        width, height = size
        self._context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=locale,
            base_url=desk.url,
            **profile,
        )
        self.page: Page = self._context.new_page()
        self.complaints: list[str] = []
        self._desk = desk
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, email: str = AGENT) -> None:
        """Sign in at the desk; ends at the inbox."""
        self.page.goto("/agent/")
        self.page.get_by_label("Adresse électronique").fill(email)
        self.page.get_by_label("Mot de passe").fill(self._desk.password)
        self.page.get_by_role("button", name="Se connecter").click()
        self.page.wait_for_url("**/agent/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.close()
        if problem is None:
            assert not self.complaints, self.complaints

    def _hear(self, message: ConsoleMessage) -> None:
        # An answer of 4xx that a test asks for is told here, too.
        if message.type in ("error", "warning") and "status of" not in message.text:
            self.complaints.append(message.text)
