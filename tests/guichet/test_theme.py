"""What stands above and below the portal's pages comes from the town's site, made harmless."""

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient

from core.errors import Refused
from core.settings import Settings
from core.web.theme import sanitized
from guichet.theme import ThemeFetching, theme_of
from tests.channels.web.geocoding.test_addok import addok as answering

PART = b"""<nav aria-label="Site"><a href="/agenda" onclick="x()" style="color:red">Agenda</a>
<script>alert(1)</script><a href="javascript:alert(1)">Non</a><img src="https://spy.example/"></nav>
"""


def test_only_words_and_links_are_left_and_links_lead_to_the_site() -> None:
    clean = sanitized(PART.decode(), "https://www.town.example/page/")
    assert 'href="https://www.town.example/agenda"' in clean
    assert not any(word in clean for word in ("onclick", "style", "alert", "img", "spy"))


async def test_it_is_fetched_and_stays_when_the_site_is_away() -> None:
    with answering(PART, pause=0.05) as url:
        settings = Settings(theme_header=url)
        theme = theme_of(settings)
        fetching = ThemeFetching(settings, theme)
        assert theme.header == ""
        assert await fetching.fetch()
    before = theme.header
    assert "Agenda" in before
    assert "Non" in before
    assert not await fetching.fetch()
    assert theme.header == before


async def test_files_are_read_and_served_under_addresses_that_change_with_them(
    tmp_path: Path,
) -> None:
    logo, footer = tmp_path / "logo.svg", tmp_path / "footer.html"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    footer.write_text("<p>Mairie, 1 place d'Armes</p>")
    theme = theme_of(Settings(theme_logo=logo, theme_footer=str(footer), theme_colour="#7a1f5c"))
    assert theme.footer == "<p>Mairie, 1 place d'Armes</p>"
    async with AsyncClient(transport=ASGITransport(theme), base_url="http://t") as client:
        assert "--brand:#7a1f5c" in (await client.get(theme.stylesheet_url)).text
        picture = await client.get(theme.logo_url)
        assert (await client.get("/theme/x.css")).status_code == 404
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in picture.headers["content-security-policy"]
    with pytest.raises(Refused):
        theme_of(Settings(theme_header=str(tmp_path / "none.html")))
