"""A portal with news in it."""

import pytest

from core.settings import Settings
from tests.channels.web.building import Portal
from tests.feeds.news import PORTAL, News

HUB = "https://hub.example/"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"public_url": PORTAL, "websub_hub": HUB, "town": "Ville"})


@pytest.fixture
def news(portal: Portal) -> News:
    return News(portal.database, portal.blobs, portal.clock)
