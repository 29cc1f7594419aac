"""A form, page by page, without JavaScript: what is shown, kept, refused and sent."""

import pytest

from channels.web.procedures.normalize import normalize
from channels.web.visitors import Visitor
from citizens.models import CitizenRow
from core.ids import new_id
from core.references import tracking_key
from ingest.message import Trust
from ingest.normalization import intake_of
from tests.channels.web.building import SECRET, Page, Portal
from tests.channels.web.procedures.building import (
    JEANNE,
    begin,
    filled_in,
    publish,
    raw,
    request_for_bins,
    signed_in,
)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def bins(portal: Portal) -> Portal:
    await publish(portal, request_for_bins())
    return portal


async def test_a_form_is_filled_in_page_by_page_and_sent_once(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await filled_in(browser)
        assert "Jeanne" in jeanne.page.html
        done = await jeanne.submit()
        again = await jeanne.follow(Page(await browser.client.get(f"{jeanne.base}/summary")))
    assert done.texts["reference"] == jeanne.reference
    assert done.texts["tracking-key"] == tracking_key(SECRET, jeanne.reference)
    assert "jeanne@citizens.example" in done.html
    assert '<path fill="#000" d="M' in done.html
    assert again.texts["reference"] == jeanne.reference
    sent = await raw(bins)
    assert sent["subject"] == "Essai – 2"
    assert (sent["queue"], sent["version"], sent["email"]) == ("voirie", 1, JEANNE["email"])
    assert sent["values"]["bins"] == 2
    assert "story" not in sent["values"]


async def test_it_becomes_a_message_with_its_values(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await filled_in(browser)
        await jeanne.submit()
    (row,) = await bins.intakes()
    message = normalize(intake_of(row, await bins.raw()))
    assert message.reference == jeanne.reference
    assert message.sender.address == JEANNE["email"]
    assert message.sender.trust == Trust.UNVERIFIED
    assert message.details["form"]["bins"] == 2
    assert message.details["queue"] == "voirie"
    assert "bins\N{NO-BREAK SPACE}: 2" in message.text


async def test_mistakes_are_told_at_the_field_and_in_the_summary(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send(bins="9", broken="")
    assert page.status == 422
    assert {"#f-bins", "#f-broken"} <= set(page.links)
    assert page.fields["f-bins"] == "9"


async def test_an_answer_that_asks_for_more_shows_more_before_it_goes_on(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send(bins="2", broken="yes")
        assert page.status == 200
        assert "f-story" in page.fields
        assert "#f-story" not in page.links  # no mistake: they had not seen it
        page = await jeanne.send(bins="2", broken="yes")
        assert (page.status, "#f-story" in page.links) == (422, True)
        await jeanne.send(bins="2", broken="yes", story="The lid is off.")
        assert jeanne.path.endswith("/pages/you")


async def test_back_saves_and_forgives(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        await jeanne.send(bins="2", broken="no")
        await jeanne.send("back", first_name="Jeanne", email="not an address")
        assert jeanne.path.endswith("/pages/bins")
        assert jeanne.page.fields["f-bins"] == "2"
        page = await jeanne.send(bins="2", broken="no")
        assert page.fields["f-email"] == "not an address"


async def test_what_is_not_complete_is_not_sent(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await browser.get(f"{jeanne.base}/summary")
        assert f"{jeanne.base}/pages/you" in page.links
        answer = await browser.client.post(
            f"{jeanne.base}/summary", data={"csrf": page.fields["csrf"]}
        )
    assert answer.status_code == 422
    assert not await bins.intakes()


async def test_lines_of_a_table_come_and_go(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        page = await jeanne.send("more:people", people__0__name="Ana")
        assert "f-people-1-name" in page.fields
        page = await jeanne.send("more:people", people__0__name="Ana", people__1__name="Bo")
        page = await jeanne.send(
            "less:people:0", people__0__name="Ana", people__1__name="Bo", people__2__name=""
        )
        assert page.fields["f-people-0-name"] == "Bo"
        assert "f-people-1-name" not in page.fields
        page = await jeanne.send(bins="1", broken="no", people__0__born="2020-01-01")
        assert "#f-people-0-name" in page.links


async def test_a_page_whose_token_is_too_old_keeps_what_was_typed(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await begin(browser)
        jeanne.page.fields["csrf"] = "old"
        page = await jeanne.send(bins="3", broken="no")
        assert (page.status, page.fields["f-bins"]) == (403, "3")
        assert (await browser.get(jeanne.path)).fields["f-bins"] == ""


async def test_pages_have_neither_script_nor_style_of_their_own(bins: Portal) -> None:
    async with bins.browser() as browser:
        jeanne = await filled_in(browser)
        pages = [await browser.get(f"{jeanne.base}/{name}") for name in ("pages/bins", "left")]
        pages += [jeanne.page, await browser.get("/procedures"), await jeanne.submit()]
    assert all(page.status == 200 and not page.styled for page in pages)


async def test_a_citizen_s_profile_fills_in_and_proves_who_they_are(bins: Portal) -> None:
    known = Visitor(new_id(), {"first_name": "Jeanne", "email": JEANNE["email"]}, JEANNE["email"])
    portal = Portal(bins.settings, bins.database, bins.blobs, bins.clock, visitors=signed_in(known))
    async with portal.database.begin() as session:
        session.add(
            CitizenRow(id=known.citizen_id, name="", language="fr", created_at=bins.clock())
        )
    async with portal.browser() as browser:
        applicant = await begin(browser)
        page = await applicant.send(bins="1", broken="no")
        assert page.fields["f-first_name"] == "Jeanne"
        await applicant.send(first_name=JEANNE["first_name"], email=JEANNE["email"])
        await applicant.submit()
    (row,) = await portal.intakes()
    assert normalize(intake_of(row, await portal.raw())).sender.trust == Trust.VERIFIED


async def test_of_an_anonymous_form_nothing_is_kept_of_who_sent_it(portal: Portal) -> None:
    await publish(portal, request_for_bins(anonymous="required"))
    async with portal.browser() as browser:
        await (await filled_in(browser)).submit()
    (row,) = await portal.intakes()
    assert not {"client_address", "user_agent", "citizen"} & row.facts.keys()
