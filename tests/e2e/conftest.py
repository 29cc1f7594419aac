"""One running town for the tests of a module, a mail server outside it, and a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browsing import Visitor, launch
from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town


@pytest.fixture(scope="module")
def outside() -> Iterator[MailServer]:
    """Where the town's mail goes."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def town(outside: MailServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demo town on an empty inbox: with a smart host it invents no messages."""
    with Town(tmp_path_factory.mktemp("town") / "var", smarthost=outside.url) as town:
        yield town


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Not for the whole session: Playwright's own loop would be in the way of asynchronous tests.
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def agent(browser: Browser, town: Town) -> Iterator[Visitor]:
    """The first demo agent, signed in, at the inbox."""
    with Visitor(browser, town) as visitor:
        visitor.sign_in()
        yield visitor
