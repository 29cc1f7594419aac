"""Pages let in what a map needs, and only those that show one."""

import pytest

from core.settings import Settings
from core.web.headers import CONTENT_SECURITY_POLICY
from tests.cases.procedures.building import field, page, procedure
from tests.channels.web.building import Portal
from tests.channels.web.procedures.building import begin, publish

TILES = "https://{s}.tiles.example:8443/{z}/{x}/{y}.png"


async def headers_of(portal: Portal, settings: Settings, kind: str) -> dict[str, str]:
    made = Portal(settings, portal.database, portal.blobs, portal.clock)
    await publish(made, procedure(page("p", field(kind, "a")), slug="bins"))
    async with made.browser() as browser:
        return dict((await begin(browser)).page.response.headers)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("tiles", "kind", "let_in", "may_ask"),
    [
        (TILES, "position", "https://*.tiles.example:8443", True),
        (TILES, "text", "", False),
        ("", "position", "", True),
    ],
)
async def test_a_page_lets_in_the_map_alone(
    portal: Portal, tiles: str, kind: str, let_in: str, may_ask: bool
) -> None:
    found = await headers_of(portal, Settings(map_tiles=tiles), kind)
    policy = found["content-security-policy"]
    assert policy.replace(f" {let_in}" if let_in else "", "") == CONTENT_SECURITY_POLICY
    assert (let_in in policy) if let_in else (policy == CONTENT_SECURITY_POLICY)
    assert ("geolocation=(self)" in found["permissions-policy"]) == may_ask


@pytest.mark.parametrize("tiles", ["tiles.example", "https://x.example; script-src *", "file:///x"])
def test_no_address_of_tiles_reaches_into_the_policy(tiles: str) -> None:
    with pytest.raises(ValueError, match="map_tiles"):
        Settings(map_tiles=tiles)
