"""The catalogue on other sites: what they are told, and which of them."""

from urllib.parse import quote

import pytest

from channels.web.embedding.catalogue import RATIO
from core.settings import Settings
from tests.channels.web.building import Portal
from tests.channels.web.procedures.building import begin, publish, request_for_bins

SITE = "https://www.town.example"
OURS = "http://127.0.0.1:8080/procedures"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def bins(portal: Portal) -> Portal:
    made = Portal(
        Settings(embed_origins=(SITE,), public_url="http://127.0.0.1:8080"),
        portal.database,
        portal.blobs,
        portal.clock,
    )
    await publish(made, request_for_bins())
    return made


async def test_the_catalogue_is_told_to_the_sites_that_are_named(bins: Portal) -> None:
    async with bins.browser() as browser:
        answer = await browser.client.get("/procedures.json?lang=en", headers={"Origin": SITE})
        other = await browser.client.get(
            "/procedures.json", headers={"Origin": "https://x.example"}
        )
        none = (await browser.client.get("/procedures.json?q=zzz")).json()
    (told,) = answer.json()["procedures"]
    assert (told["title"], told["url"]) == ("Test", f"{OURS}/bins?lang=en")
    assert (told["open"], told["category"]["code"]) == (True, "tests")
    assert answer.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-origin" not in other.headers
    assert none["procedures"] == []


async def test_oembed_answers_for_our_addresses_alone(bins: Portal) -> None:
    async with bins.browser() as browser:
        found = (await browser.client.get(f"/oembed?url={OURS}/bins&maxwidth=200")).json()
        catalogue = await browser.client.get(f"/oembed?url={OURS}")
        wrong = [
            (await browser.client.get(f"/oembed?{asked}")).status_code
            for asked in (
                f"url={OURS}/none",
                "url=https://x.example/procedures/bins",
                f"url={OURS}/bins&format=xml",
                "",
            )
        ]
        script = await browser.client.get("/embed.js")
        page = await browser.get("/procedures/bins")
    assert (found["type"], found["title"], found["width"]) == ("rich", "Essai", 200)
    assert '<guichet-procedures slug="bins"' in found["html"]
    assert catalogue.json()["title"] == "Démarches en ligne"
    assert wrong == [404, 404, 501, 404]
    assert script.headers["content-type"].startswith("text/javascript")
    assert "json+oembed" in page.html


@pytest.mark.parametrize("size", ["123456x", "-1", "", "²", "1" * 5_000, "٣"])
async def test_a_size_that_is_none_is_passed_over(bins: Portal, size: str) -> None:
    async with bins.browser() as browser:
        asked = {"url": f"{OURS}/bins", "maxwidth": size}
        found = (await browser.client.get("/oembed", params=asked)).json()
    assert found["width"] == RATIO[0]


@pytest.mark.parametrize("url", ["http://[", "http://[x]/procedures", "//\x00", "\ud800"])
async def test_an_address_that_is_none_is_not_ours(bins: Portal, url: str) -> None:
    async with bins.browser() as browser:
        asked = quote(url, errors="surrogatepass")
        assert (await browser.client.get(f"/oembed?url={asked}")).status_code == 404


async def test_a_link_fills_in_what_says_nothing_about_a_person(bins: Portal) -> None:
    link = "/procedures/bins?f.bins=3&f.first_name=Mallory&f.broken=perhaps&f.email=a@b.example"
    async with bins.browser() as browser:
        start = await browser.get(link)
        assert {name for name in start.fields if name.startswith("f.")} == {"f.bins"}
        answer = await browser.client.post("/procedures/bins", data=start.fields)
        page = await browser.get(answer.headers["location"])
        plain = await begin(browser)
    assert page.fields["f-bins"] == "3"
    assert plain.page.fields["f-bins"] == ""
