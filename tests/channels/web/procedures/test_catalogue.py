"""The catalogue: what is found in it, and who is told what before they begin."""

import pytest

from cases.procedures import example_procedures, procedure_for
from channels.web.procedures.catalogue import matches
from channels.web.visitors import Visitor
from core.ids import new_id
from tests.channels.web.building import Portal
from tests.channels.web.procedures.building import publish, request_for_bins, signed_in

sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ONLY_METZ = {
    "eligibility": [
        {"rule": "citizen.postcode == '57000'", "message": {"fr": "Il faut habiter la commune."}}
    ]
}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("naissance", {"acte-de-naissance"}),
        ("ÉCOLE enfants", {"inscription-scolaire"}),
        ("matelas", {"encombrants"}),
        ("mould", {"logement-indigne"}),
        ("zzz", set()),
        ("", {one.slug for one in example_procedures()}),
    ],
)
def test_procedures_are_found_by_words_in_any_language(query: str, found: set[str]) -> None:
    assert {one.slug for one in example_procedures() if matches(one, query)} == found


@sqlite
async def test_the_catalogue_shows_what_is_published_and_enabled(portal: Portal) -> None:
    await publish(portal, request_for_bins())
    async with portal.browser() as browser:
        assert "/procedures/bins" in (await browser.get("/procedures")).links
        assert "/procedures/bins" not in (await browser.get("/procedures?q=zzz")).links
        assert "/procedures/bins" not in (await browser.get("/procedures?category=other")).links
        async with portal.database.begin() as session:
            (await procedure_for(session, "bins", to_change=True)).enabled = False
        assert "/procedures/bins" not in (await browser.get("/procedures")).links
        assert (await browser.get("/procedures/bins")).status == 404


@sqlite
async def test_who_may_not_use_it_reads_why_and_cannot_begin(portal: Portal) -> None:
    stranger = Visitor(new_id(), {"postcode": "75001"})
    paris = Portal(
        portal.settings, portal.database, portal.blobs, portal.clock, visitors=signed_in(stranger)
    )
    await publish(paris, request_for_bins(**ONLY_METZ))
    async with paris.browser() as browser:
        assert "Il faut habiter la commune." in (await browser.get("/procedures")).html
        page = await browser.get("/procedures/bins")
        assert "Il faut habiter la commune." in page.html
        assert 'action="/procedures/bins"' not in page.html
        csrf = (await browser.form("/contact"))["csrf"]
        answer = await browser.client.post("/procedures/bins", data={"csrf": csrf})
        assert answer.status_code == 403


@sqlite
async def test_out_of_its_period_it_is_closed(portal: Portal) -> None:
    closed = {"opening": {"last_day": "2026-03-01", "closed_message": {"fr": "Revenez en avril."}}}
    await publish(portal, request_for_bins(**closed))
    async with portal.browser() as browser:
        page = await browser.get("/procedures/bins")
    assert "Revenez en avril." in page.html
    assert 'action="/procedures/bins"' not in page.html
