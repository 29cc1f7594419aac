"""The tracking page: a case for whoever has its two codes, and nothing for anybody else."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from channels.web.routes import Limits
from core.i18n import translator
from core.ratelimit import RateLimit
from core.references import new_reference, tracking_key
from ingest import Arrival, ChannelName
from tests.channels.web.building import SECRET, TYPED, Page, Portal

french = translator("fr")
UNKNOWN = new_reference(lambda alphabet: alphabet[7])  # GU-7777-777…
WRONG = "AAAA-BBBB-CCCC"


async def test_the_right_codes_open_the_case(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        await portal.work_off()
        page = await browser.case(reference, key)
    assert page.status == 200
    assert TYPED["subject"] in page.html
    assert "devant le n° 4." in page.html
    assert "Voirie" in page.html


@pytest.mark.parametrize(
    "written",
    [
        lambda reference: reference.lower(),
        lambda reference: reference.removeprefix("GU-"),
        lambda reference: reference.replace("-", ""),
        lambda reference: reference.replace("-", " "),
        lambda reference: f"  {reference}\t",
        lambda reference: reference.replace("-", "–"),
    ],
)
async def test_the_reference_may_be_written_in_any_way(
    portal: Portal, written: Callable[[str], str]
) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        answer = await browser.track(written(reference), key)
    assert answer.response.headers["location"] == f"/tracking/{reference}"


@pytest.mark.parametrize("written", [str.lower, lambda key: f" {key.replace('-', ' ')} "])
async def test_the_key_may_be_written_in_any_way(
    portal: Portal, written: Callable[[str], str]
) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        answer = await browser.track(reference, written(key))
    assert answer.status == 303


@pytest.mark.parametrize("written", ["GU-OOOO-OOOO", "oooo oooo", "gu.0o0O.o0O0"])
async def test_an_o_is_read_as_the_zero_that_was_meant(portal: Portal, written: str) -> None:
    reference = new_reference(lambda alphabet: alphabet[0])
    await portal.acceptance.accept(Arrival(ChannelName.WEB, reference, b"{}", {}))
    async with portal.browser() as browser:
        answer = await browser.track(written, tracking_key(SECRET, reference))
    assert answer.response.headers["location"] == "/tracking/GU-0000-0000"


async def test_a_link_brings_the_reference_along_and_never_the_key(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.get(f"/tracking?reference={UNKNOWN}&tracking_key={WRONG}")
    assert page.fields["reference"] == UNKNOWN
    assert page.fields["tracking_key"] == ""


# Wrong tries look alike


def without_echo(page: Page, reference: str, key: str) -> str:
    """The page less what was typed, and less the token that is new for each page."""
    html = page.html.replace(page.fields["csrf"], "")
    return html.replace(f'value="{reference}"', "").replace(f'value="{key}"', "")


async def test_a_wrong_key_and_an_unknown_reference_look_the_same(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, _ = await browser.submitted()
        await portal.work_off()
        wrong_key = await browser.track(reference, WRONG)
        unknown = await browser.track(UNKNOWN, WRONG)
        nonsense = await browser.track("nonsense", WRONG)
    assert wrong_key.status == unknown.status == nonsense.status == 404
    bodies = {
        without_echo(wrong_key, reference, WRONG),
        without_echo(unknown, UNKNOWN, WRONG),
        without_echo(nonsense, "nonsense", WRONG),
    }
    assert len(bodies) == 1
    mistake = french("We find no request with this reference and this key. Please check both.")
    assert mistake in wrong_key.html
    names = [set(page.response.headers) for page in (wrong_key, unknown, nonsense)]
    assert names[0] == names[1] == names[2]


async def test_a_wrong_key_and_an_unknown_reference_ask_the_store_alike(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, _ = await browser.submitted()
        await portal.work_off()
        with portal.queries() as for_wrong_key:
            await browser.track(reference, WRONG)
        with portal.queries() as for_unknown:
            await browser.track(UNKNOWN, WRONG)
    assert for_wrong_key == for_unknown == []


async def test_the_key_of_one_case_does_not_open_another(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, _ = await browser.submitted()
        answer = await browser.track(reference, tracking_key(SECRET, UNKNOWN))
    assert answer.status == 404


async def test_a_right_key_of_a_case_that_is_not_there_opens_nothing(portal: Portal) -> None:
    async with portal.browser() as browser:
        answer = await browser.track(UNKNOWN, tracking_key(SECRET, UNKNOWN))
    assert answer.status == 404


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", '" autofocus onfocus="x', "\x00é"])
async def test_what_was_typed_comes_back_as_a_text(portal: Portal, typed: str) -> None:
    async with portal.browser() as browser:
        page = await browser.track(typed, typed)
    assert page.status == 404
    assert page.fields["reference"] == typed.replace("\x00", "")
    assert page.styled == []
    assert all(script["src"] for script in page.scripts)


async def test_a_form_without_a_good_token_is_refused(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        typed = {"reference": reference, "tracking_key": key, "csrf": "invented"}
        answer = await browser.client.post("/tracking", data=typed)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_form_with_a_file_is_read_and_the_file_forgotten(portal: Portal) -> None:
    async with portal.browser() as browser:
        fields = await browser.form("/tracking")
        files = {"reference": ("f", b"content", "text/plain")}
        answer = await browser.client.post("/tracking", data=fields, files=files)
    assert answer.status_code == 404


async def test_a_form_that_is_too_large_is_refused(portal: Portal) -> None:
    async with portal.browser() as browser:
        answer = await browser.track("x" * 20_000, WRONG)
    assert answer.status == 413


# Limits


async def test_wrong_keys_of_one_reference_are_limited(portal: Portal) -> None:
    portal = replace(portal, limits=Limits(wrong_keys=RateLimit(2, 600)))
    async with portal.browser() as browser:
        for _ in range(2):
            assert (await browser.track(UNKNOWN, WRONG)).status == 404
        page = await browser.track(UNKNOWN.lower(), WRONG)
        assert page.status == 429
        assert int(page.response.headers["retry-after"]) > 0
        assert (await browser.track("GU-0000-0000", WRONG)).status == 404


async def test_wrong_keys_of_others_do_not_lock_the_citizen_out(portal: Portal) -> None:
    portal = replace(portal, limits=Limits(wrong_keys=RateLimit(2, 600)))
    async with portal.browser(address="192.0.2.1") as browser:
        reference, key = await browser.submitted()
    async with portal.browser(address="192.0.2.66") as stranger:
        statuses = [(await stranger.track(reference, WRONG)).status for _ in range(3)]
    assert statuses == [404, 404, 429]
    async with portal.browser(address="192.0.2.1") as browser:
        assert (await browser.track(reference, key)).status == 303


async def test_tries_of_one_address_are_limited_whatever_they_try(portal: Portal) -> None:
    portal = replace(portal, limits=Limits(tracking=RateLimit(2, 600)))
    async with portal.browser() as browser:
        statuses = [(await browser.track(f"try {number}", WRONG)).status for number in range(3)]
    assert statuses == [404, 404, 429]


async def test_right_keys_use_up_no_tries_of_a_reference(portal: Portal) -> None:
    portal = replace(portal, limits=Limits(wrong_keys=RateLimit(2, 600)))
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        statuses = [(await browser.track(reference, key)).status for _ in range(4)]
    assert statuses == [303] * 4


# What is shown


async def test_before_the_case_is_there_the_page_says_received(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        page = await browser.case(reference, key)
        assert page.status == 200
        assert french("Received, being registered") in page.html
        await portal.work_off()
        assert TYPED["subject"] in (await browser.get(f"/tracking/{reference}")).html


async def test_what_was_said_is_shown_in_the_order_of_time(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        await portal.work_off()
        await portal.act(reference, "reply", text="We come on Tuesday.")
        await portal.join(reference, text="Thank you!")
        await portal.act(reference, "close", text="The lamp is new.")
        page = await browser.case(reference, key)
    said = ["devant le n° 4.", "We come on Tuesday.", "Thank you!", "The lamp is new."]
    places = [page.html.index(text) for text in said]
    assert places == sorted(places)


async def test_what_agents_write_among_themselves_is_not_shown(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        await portal.work_off()
        await portal.act(reference, "claim")
        await portal.act(reference, "note", text="A difficult neighbour.")
        await portal.act(reference, "reply", text="We come on Tuesday.")
        await portal.act(reference, "close", text="Done.")
        page = await browser.case(reference, key)
    assert "A difficult neighbour." not in page.html
    assert "Camille" not in page.html
    assert "Durand" not in page.html


@pytest.mark.parametrize("automatic", ["auto-reply", "bounce", "bulk"])
async def test_what_a_machine_wrote_is_not_shown(portal: Portal, automatic: str) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        await portal.work_off()
        await portal.join(reference, text="I am out of office.", automatic=automatic)
        page = await browser.case(reference, key)
    assert "out of office" not in page.html


async def test_what_a_stranger_wrote_by_quoting_the_reference_is_for_agents_alone(
    portal: Portal,
) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        await portal.work_off()
        await portal.join(reference, text="I was here.", sender_address="nosy@citizens.example")
        await portal.join(reference, text="So was I.", sender_address=TYPED["email"])
        page = await browser.case(reference, key)
    assert "I was here." not in page.html
    assert "So was I." in page.html


async def test_files_are_listed_by_name_and_hostile_names_are_texts(portal: Portal) -> None:
    async with portal.browser() as browser:
        sent = await browser.contact([("<img src=x>.pdf", b"content", "application/pdf")])
        reference = sent.response.headers["location"].rpartition("/")[2]
        await portal.work_off()
        page = await browser.case(reference, tracking_key(SECRET, reference))
    assert "&lt;img src=x&gt;.pdf" in page.html


async def test_another_browser_needs_the_key_again(portal: Portal) -> None:
    async with portal.browser() as browser, portal.browser() as other:
        reference, key = await browser.submitted()
        await browser.case(reference, key)
        with portal.queries() as asked:
            page = await other.get(f"/tracking/{reference}")
    assert page.status == 303
    assert page.response.headers["location"] == f"/tracking?reference={reference}"
    assert asked == []


async def test_the_page_is_kept_by_no_cache(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.case(*await browser.submitted())
    assert page.response.headers["cache-control"] == "no-store"


# Every page


@pytest.mark.parametrize(
    "path", ["/", "/contact", "/tracking", "/nowhere", "/contact/thanks/GU-0000-0000"]
)
async def test_security_headers_are_on_every_answer(portal: Portal, path: str) -> None:
    async with portal.browser() as browser:
        headers = (await browser.get(path)).response.headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_no_page_has_a_script_or_a_style_of_its_own(portal: Portal) -> None:
    async with portal.browser() as browser:
        reference, key = await browser.submitted()
        received = await browser.case(reference, key)
        await portal.work_off()
        pages = [
            received,
            await browser.case(reference, key),
            await browser.get("/"),
            await browser.get("/tracking"),
            await browser.contact(email="jeanne"),
            await browser.track(UNKNOWN, WRONG),
            await browser.get("/nowhere"),
        ]
    for page in pages:
        assert page.styled == []
        assert all(script["src"] for script in page.scripts)
