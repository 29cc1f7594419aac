"""One running town for the tests of a module, a mail server outside it, and a real browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.browsing import Visitor, launch
from tests.e2e.engines import NewTown, engine, new_town
from tests.e2e.mailserver import MailServer
from tests.e2e.town import Town

__all__ = ["engine", "new_town"]  # fixtures


@pytest.fixture(scope="module")
def outside(engine: str) -> Iterator[MailServer]:
    """Where the town's mail goes; of each engine's town another."""
    with MailServer() as server:
        yield server


@pytest.fixture(scope="module")
def town(
    new_town: NewTown, outside: MailServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """The demo town on an empty inbox: with a smart host it invents no messages."""
    with new_town(tmp_path_factory.mktemp("town") / "var", smarthost=outside.url) as town:
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
