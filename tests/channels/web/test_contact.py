"""The contact page: what is shown, what is taken, and what is told to be wrong."""

import asyncio
import base64
import json
import re
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from cases.procedures.sweeping import DraftSweep
from channels.web.contact_files import ContactFiles, sweep_contact_files
from channels.web.submission import MAX_FILES, File
from core.blobs import BlobRow
from core.errors import Later
from core.i18n import translator
from core.references import tracking_key
from tests.channels.web.building import PDF, SECRET, TYPED, Portal, shows
from tests.postgresql import on_sqlite

REFERENCE = r"GU-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}"
LARGE = ("large.bin", b"x" * 70_000, "")
"""Too large to be kept in the store."""
french, english = translator("fr"), translator("en")


# Languages


@pytest.mark.parametrize(
    ("path", "accept_language", "language"),
    [
        ("/", "", "fr"),
        ("/contact", "", "fr"),
        ("/", "en-GB,en;q=0.9,fr;q=0.1", "en"),
        ("/", "de,es", "fr"),
        ("/?lang=en", "fr", "en"),
        ("/?lang=xx", "", "fr"),
    ],
)
async def test_the_form_speaks_the_readers_language(
    portal: Portal, path: str, accept_language: str, language: str
) -> None:
    async with portal.browser(**{"accept-language": accept_language}) as browser:
        page = await browser.get(path)
    assert page.status == 200
    assert f'<html lang="{language}">' in page.html
    assert page.response.headers["content-language"] == language
    assert translator(language)("How can we help you?") in page.html


async def test_a_language_that_was_chosen_is_remembered(portal: Portal) -> None:
    async with portal.browser() as browser:
        await browser.get("/?lang=en")
        page = await browser.get("/tracking")
    assert page.response.headers["content-language"] == "en"


async def test_the_form_needs_no_script(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.get("/")
    assert set(page.fields) >= {"csrf", "nonce", "subject", "message", "email", "phone", "name"}
    assert '<form class="card form" method="post" action="/contact"' in page.html
    assert 'enctype="multipart/form-data"' in page.html


# Sending


async def test_sending_leads_to_the_thanks_with_reference_and_key(portal: Portal) -> None:
    async with portal.browser() as browser:
        sent = await browser.contact()
        thanks = await browser.get(sent.response.headers["location"])
    assert sent.status == 303
    reference = thanks.texts["reference"]
    assert re.fullmatch(REFERENCE, reference)
    assert sent.response.headers["location"] == f"/contact/thanks/{reference}"
    assert thanks.texts["tracking-key"] == tracking_key(SECRET, reference)
    assert "jeanne@citizens.example" in thanks.html


async def test_when_the_answer_comes_the_intake_is_in_the_store(portal: Portal) -> None:
    async with portal.browser(**{"user-agent": "A browser"}) as browser:
        sent = await browser.contact()
        (intake,) = await portal.intakes()
    reference = sent.response.headers["location"].rpartition("/")[2]
    assert (intake.channel, intake.key) == ("web", reference)
    assert intake.facts["client_address"] == "192.0.2.7"
    assert intake.facts["user_agent"] == "A browser"
    assert intake.facts["locale"] == "fr"
    raw = json.loads(await portal.raw())
    assert {name: raw[name] for name in TYPED} == TYPED


async def test_the_same_form_sent_twice_is_one_intake_with_one_reference(portal: Portal) -> None:
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        first = await browser.send(fields, [PDF])
        second = await browser.send(fields, [PDF])
    assert first.response.headers["location"] == second.response.headers["location"]
    assert len(await portal.intakes()) == 1


async def test_the_same_form_sent_twice_at_once_is_one_intake(portal: Portal) -> None:
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        pages = await asyncio.gather(*(browser.send(fields) for _ in range(5)))
    assert len({page.response.headers["location"] for page in pages}) == 1
    assert len(await portal.intakes()) == 1


async def test_who_goes_back_to_a_fresh_page_and_sends_the_same_again_has_one_request(
    portal: Portal,
) -> None:
    async with portal.browser() as browser:
        first = await browser.send(await browser.form() | TYPED)
        second = await browser.send(await browser.form() | TYPED)
    assert first.response.headers["location"] == second.response.headers["location"]
    assert len(await portal.intakes()) == 1


async def test_the_same_page_sent_again_with_another_text_is_another_request(
    portal: Portal,
) -> None:
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        first = await browser.send(fields)
        second = await browser.send(fields | {"message": "And the bench is broken."})
    assert first.response.headers["location"] != second.response.headers["location"]
    assert len(await portal.intakes()) == 2


async def test_a_form_in_the_simpler_encoding_is_taken_too(portal: Portal) -> None:
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        answer = await browser.client.post("/contact", data=fields)
    assert answer.status_code == 303
    assert len(await portal.intakes()) == 1


async def test_files_come_along(portal: Portal) -> None:
    async with portal.browser() as browser:
        sent = await browser.contact([PDF, ("photo.jpg", b"\xff\xd8\xff", "image/jpeg")])
    assert sent.status == 303
    attachments = json.loads(await portal.raw())["attachments"]
    assert [part["name"] for part in attachments] == ["plan.pdf", "photo.jpg"]


# Who we answer


async def test_a_telephone_number_alone_is_enough_and_no_receipt_is_promised(
    portal: Portal,
) -> None:
    async with portal.browser() as browser:
        sent = await browser.contact(email="", phone="06 12 34 56 78")
        thanks = await browser.get(sent.response.headers["location"])
    assert sent.status == 303
    assert 'class="callout"' in thanks.html


async def test_without_a_way_to_answer_nothing_is_accepted(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.contact(email="", phone=" ")
    assert page.status == 422
    mistake = french("Give an e-mail address or a telephone number, so that we can answer.")
    assert shows(page, "email", mistake)
    assert await portal.intakes() == []


# Mistakes


@pytest.mark.parametrize(
    ("typed", "mistake"),
    [
        ({"subject": " "}, "Say in a few words what it is about."),
        ({"message": "\x00\n"}, "Write your message."),
        ({"email": "jeanne"}, "This is not an e-mail address. One looks like camille@example.org."),
        (
            {"email": "a@b.example\r\nBcc: c@d.example"},
            "This is not an e-mail address. One looks like camille@example.org.",
        ),
        (
            {"email": "a@" + "b." * 60_000 + "example"},
            "This is not an e-mail address. One looks like camille@example.org.",
        ),
        (
            {"phone": "12"},
            "This is not a telephone number. Outside the country, begin with + and its code.",
        ),
        ({"name": "n" * 201}, "The name is too long."),
    ],
)
async def test_a_mistake_is_shown_at_its_field_and_in_the_summary(
    portal: Portal, typed: dict[str, str], mistake: str
) -> None:
    (field,) = typed
    async with portal.browser() as browser:
        page = await browser.contact(**typed)
    assert page.status == 422
    assert shows(page, field, french(mistake))
    assert french("Please check what you have entered") in page.html
    assert await portal.intakes() == []


@pytest.mark.parametrize(
    ("field", "most", "mistake"),
    [
        ("subject", 200, "The subject is too long: %(most)d characters at most."),
        ("message", 50_000, "The message is too long: %(most)d characters at most."),
    ],
)
async def test_what_is_too_long_is_told_with_the_limit(
    portal: Portal, field: str, most: int, mistake: str
) -> None:
    async with portal.browser() as browser:
        page = await browser.contact(**{field: "x" * (most + 1)})
        assert shows(page, field, french(mistake) % {"most": most})
        assert (await browser.contact(**{field: "x" * most})).status == 303


async def test_mistakes_speak_the_readers_language(portal: Portal) -> None:
    async with portal.browser(**{"accept-language": "en"}) as browser:
        page = await browser.contact(subject="")
    assert shows(page, "subject", "Say in a few words what it is about.")


async def test_what_was_typed_stays(portal: Portal) -> None:
    typed = {
        "subject": 'Quotes " and <tags>',
        "message": "One line,\nanother & </textarea><script>alert(1)</script>",
        "email": "not an address",
        "phone": "06 12 34 56 78",
        "name": "Zoé O'Brien",
    }
    async with portal.browser() as browser:
        page = await browser.contact(**typed)
    assert page.status == 422
    assert {name: page.fields[name] for name in typed} == typed
    assert "<script>alert" not in page.html


async def test_after_a_mistake_the_page_can_be_sent_as_it_is(portal: Portal) -> None:
    async with portal.browser() as browser:
        wrong = await browser.contact(email="jeanne")
        sent = await browser.send(wrong.fields | {"email": TYPED["email"]})
    assert sent.status == 303
    assert len(await portal.intakes()) == 1


async def test_files_that_were_chosen_before_a_mistake_are_kept_and_go_along(
    portal: Portal,
) -> None:
    photo = ("photo.jpg", b"\xff\xd8\xff", "image/jpeg")
    async with portal.browser() as browser:
        wrong = await browser.contact([PDF], email="jeanne")
        assert "plan.pdf" in wrong.html
        assert wrong.error("attachments") == ""
        again = await browser.send(wrong.fields, [PDF, photo])
        right = again.fields | {"email": TYPED["email"]}
        sent = await browser.send(right)
        twice = await browser.send(right)
    assert sent.status == 303
    assert sent.response.headers["location"] == twice.response.headers["location"]
    attachments = json.loads(await portal.raw())["attachments"]
    assert [part["name"] for part in attachments] == ["plan.pdf", "photo.jpg"]
    assert base64.b64decode(attachments[0]["content"]) == PDF[1]


async def test_a_kept_file_can_be_taken_away_by_whoever_has_the_page(portal: Portal) -> None:
    async with portal.browser() as browser, portal.browser() as stranger:
        wrong = await browser.contact([PDF], email="jeanne")
        (remove,) = re.findall(r'value="(remove:[^"]+)"', wrong.html)
        await stranger.send(await stranger.form() | {"action": remove})
        still = await browser.send(wrong.fields)
        assert "plan.pdf" in still.html
        gone = await browser.send(still.fields | {"action": remove, "subject": "Typed since"})
        assert "plan.pdf" not in gone.html
        assert gone.fields["subject"] == "Typed since"
        sent = await browser.send(gone.fields | {"email": TYPED["email"]})
    assert sent.status == 303
    assert json.loads(await portal.raw())["attachments"] == []


async def test_what_a_form_has_no_room_for_is_told_by_name_and_the_rest_is_kept(
    portal: Portal,
) -> None:
    files = [(f"{n}.txt", str(n).encode(), "text/plain") for n in range(MAX_FILES + 1)]
    async with portal.browser() as browser:
        page = await browser.contact(files)
        told = french("There is no room for %(names)s.") % {"names": "10.txt"}
        assert shows(page, "attachments", told)
        sent = await browser.send(page.fields)
    assert sent.status == 303
    assert len(json.loads(await portal.raw())["attachments"]) == MAX_FILES


def large_files(portal: Portal) -> list[Path]:
    """What the object store holds."""
    return [path for path in Path(portal.settings.blobs_url).rglob("*") if path.is_file()]


@on_sqlite
async def test_kept_files_that_cannot_be_read_now_go_along_later(portal: Portal) -> None:
    async with portal.browser() as browser:
        wrong = await browser.contact([LARGE, PDF], email="jeanne")
        (large,) = large_files(portal)
        aside = large.rename(large.with_suffix(".aside"))
        large.symlink_to(large)  # cannot be read, as if the object store were away
        later = await browser.send(wrong.fields | {"email": TYPED["email"]})
        assert later.status == 503
        assert "large.bin" in later.html
        assert later.error("attachments") == ""
        aside.replace(large)
        sent = await browser.send(later.fields)
    assert sent.status == 303
    attachments = json.loads(await portal.raw())["attachments"]
    assert [part["name"] for part in attachments] == ["large.bin", "plan.pdf"]


@on_sqlite
async def test_a_form_whose_kept_files_are_gone_is_not_taken_without_a_word(
    portal: Portal,
) -> None:
    sweep = DraftSweep(portal.database, portal.blobs, portal.clock, sweeps=[sweep_contact_files])
    async with portal.browser() as browser:
        wrong = await browser.contact([PDF], email="jeanne")
        right = wrong.fields | {"email": TYPED["email"]}
        assert (await browser.send(right)).status == 303
        portal.clock.advance(minutes=61)
        assert await sweep.sweep() == 1
        again = await browser.send(right)  # from the browser's history
        gone = french("A file that you had chosen is no longer kept here. Please choose it again.")
        assert shows(again, "attachments", gone)
        sent = await browser.send(again.fields, [PDF])
    assert sent.status == 303
    assert len(await portal.intakes()) == 1  # it is the same


@on_sqlite
async def test_a_page_that_is_not_ours_any_more_has_the_files_chosen_again(portal: Portal) -> None:
    async with portal.browser() as browser:
        wrong = await browser.contact([PDF], email="jeanne")
        page = await browser.send(wrong.fields | {"csrf": "invented"})
    assert page.status == 403
    assert shows(page, "attachments", french("Please choose your files again."))
    assert "kept" not in page.fields


@on_sqlite
async def test_what_is_accepted_is_thanked_for_though_its_files_cannot_be_cleared(
    portal: Portal,
) -> None:
    async with portal.browser() as browser:
        wrong = await browser.contact([PDF], email="jeanne")
        async with portal.database.begin() as session:
            fails = "BEFORE UPDATE ON contact_files BEGIN DELETE FROM what_is_not_there; END"
            await session.execute(text(f"CREATE TRIGGER away {fails}"))
        sent = await browser.send(wrong.fields | {"email": TYPED["email"]})
    assert sent.status == 303
    assert len(await portal.intakes()) == 1


async def test_a_file_that_is_kept_twice_at_once_is_one_and_leaves_nothing(portal: Portal) -> None:
    files = ContactFiles(portal.database, portal.blobs, portal.clock, most=1 << 20)
    large = File("large.bin", "application/pdf", LARGE[1])
    await asyncio.gather(*(files.keep("page", [large]) for _ in range(4)))
    (kept,) = await files.kept("page")
    assert await files.contents("page") == [large]
    await files.remove("page", str(kept.id))
    async with portal.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(BlobRow)) == 0
    assert large_files(portal) == []


async def test_all_forms_together_have_an_end_of_room(portal: Portal) -> None:
    files = ContactFiles(portal.database, portal.blobs, portal.clock, most=1 << 20, in_all=100_000)
    large = File("large.bin", "application/pdf", LARGE[1])
    assert await files.keep("page", [large]) == []
    with pytest.raises(Later):
        await files.keep("another", [large])
    assert len(await files.kept("page")) == 1
    assert await files.kept("another") == []


@on_sqlite
async def test_nothing_that_a_robot_sends_is_kept(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.contact([PDF], website="https://spam.example")
        assert shows(page, "attachments", french("Please choose your files again."))
    async with portal.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(BlobRow)) == 0


async def test_kept_files_go_when_the_form_was_sent_or_left(portal: Portal) -> None:
    sweep = DraftSweep(portal.database, portal.blobs, portal.clock, sweeps=[sweep_contact_files])
    async with portal.browser() as browser:
        page = await browser.contact([PDF], email="jeanne")
        await browser.contact([LARGE], email="jeanne")  # and left
        assert (await browser.send(page.fields | {"email": TYPED["email"]})).status == 303
    portal.clock.advance(minutes=61)
    assert await sweep.sweep() == 1
    portal.clock.advance(days=2)
    assert await sweep.sweep() == 1
    async with portal.database.read() as session:
        kept = select(func.count()).select_from(BlobRow)
        assert await session.scalar(kept) == 1  # the intake


async def test_files_of_a_page_that_is_not_ours_are_not_kept(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.send(await browser.form() | TYPED | {"csrf": "invented"}, [PDF])
    assert shows(page, "attachments", french("Please choose your files again."))
