"""What the contact page does not take, and what becomes of the text that was typed."""

import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from sqlalchemy import text

from channels.web.routes import Limits
from channels.web.submission import MAX_FILES
from core.database import Database
from core.i18n import translator
from core.ratelimit import RateLimit
from tests.channels.web.building import PDF, SECRET, TYPED, Page, Portal, shows
from tests.postgresql import on_sqlite

french = translator("fr")


# Forms that are not ours


def missing(fields: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if name != "csrf"}


def invented(fields: dict[str, str]) -> dict[str, str]:
    return fields | {"csrf": "invented"}


def without_nonce(fields: dict[str, str]) -> dict[str, str]:
    return fields | {"nonce": ""}


def aged(salt: str, token: str, *, days: float) -> str:
    """A token of ours as it was made some days ago."""

    class Past(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(time.time() - days * 24 * 3600)

    value = URLSafeTimedSerializer(SECRET, salt=salt).loads(token)
    return str(URLSafeTimedSerializer(SECRET, salt=salt, signer=Past).dumps(value))


def expired(fields: dict[str, str]) -> dict[str, str]:
    return fields | {"csrf": aged("guichet.csrf", fields["csrf"], days=0.6)}


def with_an_old_nonce(fields: dict[str, str]) -> dict[str, str]:
    return fields | {"nonce": aged("guichet.web.nonce", fields["nonce"], days=2.1)}


@pytest.mark.parametrize("spoil", [missing, invented, without_nonce, expired, with_an_old_nonce])
async def test_a_form_without_a_good_token_is_refused_and_its_text_kept(
    portal: Portal, spoil: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    async with portal.browser() as browser:
        page = await browser.send(spoil(await browser.form() | TYPED))
        assert page.status == 403
        assert page.fields["message"] == TYPED["message"]
        assert await portal.intakes() == []
        assert (await browser.send(page.fields)).status == 303  # the page that came is good


async def test_a_token_that_was_made_for_another_browser_is_refused(portal: Portal) -> None:
    async with portal.browser() as other, portal.browser() as browser:
        await browser.form()
        page = await browser.send(await other.form() | TYPED)
    assert page.status == 403
    assert await portal.intakes() == []


async def test_a_form_sent_from_another_site_is_refused(portal: Portal) -> None:
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        page = await browser.send(fields, **{"sec-fetch-site": "cross-site"})
    assert page.status == 403
    assert await portal.intakes() == []


async def test_who_fills_in_the_hidden_field_is_asked_to_send_again(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.contact(website="https://spam.example")
        assert page.status == 422
        assert page.fields["website"] == ""
        assert page.fields["message"] == TYPED["message"]
        assert await portal.intakes() == []
        assert (await browser.send(page.fields)).status == 303


# Too many, too much


async def test_who_sends_too_often_is_asked_to_wait(portal: Portal) -> None:
    portal = replace(portal, limits=Limits(submissions=RateLimit(2, 600)))
    async with portal.browser() as browser:
        fields = await browser.form() | TYPED
        statuses = [(await browser.send(fields | {"name": str(n)})).status for n in range(2)]
        page = await browser.send(fields)
    assert statuses == [303, 303]
    assert page.status == 429
    assert 1 <= int(page.response.headers["retry-after"]) <= 600
    assert len(await portal.intakes()) == 2
    async with portal.browser(address="192.0.2.8") as somebody_else:
        assert (await somebody_else.contact()).status == 303


async def test_a_form_over_the_limit_is_told_so_and_its_text_kept(portal: Portal) -> None:
    small = portal.settings.model_copy(update={"max_upload": 10_000})
    portal = replace(portal, settings=small)
    async with portal.browser() as browser:
        page = await browser.contact([("video.mp4", b"x" * 15_000, "video/mp4")])
    assert page.status == 413
    assert shows(page, "attachments", french("The files are too large. Send fewer, or smaller."))
    assert {name: page.fields[name] for name in TYPED} == TYPED
    assert await portal.intakes() == []


async def test_a_form_far_over_the_limit_is_read_no_further(portal: Portal) -> None:
    small = portal.settings.model_copy(update={"max_upload": 10_000})
    portal = replace(portal, settings=small)
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        yield PART + b"\r\n\r\nLampadaire\r\n"
        yield PART + b'; filename="f"\r\n\r\n'
        while True:
            read += 1_000
            yield b"x" * 1_000

    async with portal.browser() as browser:
        headers = {"content-type": FORM}
        answer = await browser.client.post("/contact", content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["connection"] == "close"
    assert Page(answer).fields["subject"] == "Lampadaire"
    assert read < 50_000


async def test_a_large_file_within_the_limit_is_taken_whole(portal: Portal) -> None:
    content = bytes(range(256)) * 12_000  # on the disk while it comes in
    async with portal.browser() as browser:
        assert (await browser.contact([("scan.bin", content, "")])).status == 303
    assert len(await portal.raw()) > len(content)


async def test_too_many_files_are_told_with_the_limit(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.contact([PDF] * (MAX_FILES + 1))
        mistake = french("Too many files: %(most)d at most.") % {"most": MAX_FILES}
        assert page.status == 422
        assert shows(page, "attachments", mistake)
        assert await portal.intakes() == []
        assert (await browser.contact([PDF] * MAX_FILES)).status == 303


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "../../etc/passwd"),  # a text: the normalizer makes a name of it
        (r"C:\a\b.pdf", "b.pdf"),
        ("<b>.pdf", "<b>.pdf"),
    ],
)
async def test_a_hostile_file_name_is_a_text_and_nothing_else(
    portal: Portal, name: str, kept: str
) -> None:
    async with portal.browser() as browser:
        assert (await browser.contact([(name, b"content", "text/html")])).status == 303
    (attachment,) = json.loads(await portal.raw())["attachments"]
    assert attachment["name"] == kept


FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="subject"'


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/json", b"{}"),
        ("", b""),
        ("multipart/form-data", b""),
        (FORM, b"no parts at all"),
        (FORM, PART + b"; y=" + b"a" * 100_000 + b"\r\n\r\nv\r\n--x--\r\n"),
        (FORM, (PART + b"\r\n\r\nv\r\n") * 21 + b"--x--\r\n"),
        (FORM, (PART + b'; filename="f"\r\n\r\nv\r\n') * 51 + b"--x--\r\n"),
        (FORM, PART + b"\r\n\r\n" + b"v" * 600_000 + b"\r\n--x--\r\n"),
        (f"{FORM}; charset=punycode", PART + b"\r\n\r\na-b9\r\n--x--\r\n"),
        (f"{FORM}; charset=undefined", PART + b"\r\n\r\nv\r\n--x--\r\n"),
        ("application/x-www-form-urlencoded", b"a=1&" * 21),
        ("application/x-www-form-urlencoded", b"a=" + b"%" * 600_000),
    ],
)
async def test_what_is_no_readable_form_is_bad_input_and_not_our_fault(
    portal: Portal, media_type: str, body: bytes
) -> None:
    async with portal.browser() as browser:
        answer = await browser.client.post(
            "/contact", content=body, headers={"content-type": media_type}
        )
    assert answer.status_code == 400
    assert await portal.intakes() == []


async def test_a_form_without_files_may_not_be_as_large_as_one_with(portal: Portal) -> None:
    async with portal.browser() as browser:
        answer = await browser.client.post(
            "/contact",
            content=b"&" * 2_000_000,
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
    assert answer.status_code == 413


async def test_who_hangs_up_in_the_middle_leaves_nothing_behind(portal: Portal) -> None:
    coming: list[dict[str, Any]] = [
        {"type": "http.request", "body": PART + b"\r\n\r\n", "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0)

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/contact",
        "query_string": b"",
        "headers": [(b"content-type", FORM.encode())],
        "client": ("192.0.2.7", 1),
    }
    await portal.app(scope, receive, send)
    assert answered[0]["status"] == 400
    assert await portal.intakes() == []


# The store is away


@on_sqlite
async def test_a_locked_store_says_later_keeps_the_text_and_takes_it_once(
    portal: Portal,
) -> None:
    other = Database(portal.database.url)
    async with portal.database.begin() as session:
        await session.execute(text("PRAGMA busy_timeout=50"))
    async with portal.browser() as browser:
        before = await browser.form()
        async with other.begin() as session:
            await session.execute(text("SELECT 1"))  # the lock is taken with the first statement
            page = await browser.send(before | TYPED)
        assert page.status == 503
        assert int(page.response.headers["retry-after"]) > 0
        assert page.fields["message"] == TYPED["message"]
        assert page.fields["nonce"] == before["nonce"]
        assert await portal.intakes() == []
        first = await browser.send(page.fields)
        second = await browser.send(page.fields)
    await other.close()
    assert first.status == 303
    assert first.response.headers["location"] == second.response.headers["location"]
    assert len(await portal.intakes()) == 1
