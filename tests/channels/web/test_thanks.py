"""The page that thanks is for the browser that has just sent the form, and no other."""

import pytest

from tests.channels.web.building import Portal


async def test_another_browser_cannot_read_the_thanks(portal: Portal) -> None:
    async with portal.browser() as browser, portal.browser() as other:
        sent = await browser.contact()
        page = await other.get(sent.response.headers["location"])
    assert page.status == 303
    assert page.response.headers["location"] == "/"
    assert "jeanne" not in page.html


async def test_the_thanks_of_one_request_do_not_open_those_of_another(portal: Portal) -> None:
    async with portal.browser() as browser, portal.browser() as other:
        mine = (await browser.contact()).response
        theirs = (await other.contact(name="Somebody else")).response
        cookie = mine.headers["set-cookie"].partition(";")[0]
        page = await browser.get(theirs.headers["location"], cookie=cookie)
    assert page.status == 303


async def test_the_thanks_are_kept_by_no_cache_and_found_by_no_script(portal: Portal) -> None:
    async with portal.browser() as browser:
        sent = await browser.contact()
        thanks = await browser.get(sent.response.headers["location"])
    assert thanks.response.headers["cache-control"] == "no-store"
    assert "httponly" in sent.response.headers["set-cookie"].lower()
    assert "samesite=lax" in sent.response.headers["set-cookie"].lower()


@pytest.mark.parametrize(
    "path", ["/contact/thanks/GU-0000-0000", "/contact/thanks/%2e%2e", "/track"]
)
async def test_an_address_that_was_made_up_leads_to_a_page_of_ours(
    portal: Portal, path: str
) -> None:
    async with portal.browser() as browser:
        page = await browser.get(path)
    assert page.status in (303, 307)
    assert page.response.headers["location"].startswith("/")
    assert not page.response.headers["location"].startswith("//")
