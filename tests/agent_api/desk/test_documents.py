import pytest

from core.blobs import SMALL
from tests.agent_api.building import CAMILLE, KARIM, Browser, House


async def test_a_document_is_a_download_that_no_browser_opens(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(
        reference, b"<script>alert(1)</script>", name="page.html", media_type="text/html"
    )
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}")
    assert answer.status_code == 200
    assert answer.content == b"<script>alert(1)</script>"
    headers = answer.headers
    assert headers["content-type"] == "application/octet-stream"
    assert headers["content-disposition"].startswith('attachment; filename="page.html"')
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("media_type", "sent_as"),
    [
        ("image/png", "image/png"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/pdf", "application/octet-stream"),
        ("text/html; charset=x\r\nSet-Cookie: a=b", "application/octet-stream"),
    ],
)
async def test_only_a_plain_image_keeps_its_type(
    house: House, camille: Browser, media_type: str, sent_as: str
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", media_type=media_type)
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}")
    assert answer.headers["content-type"] == sent_as
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        (
            "Plan d'été.pdf",
            'attachment; filename="Plan d\'_t_.pdf"; '
            "filename*=UTF-8''Plan%20d%27%C3%A9t%C3%A9.pdf",
        ),
        (
            'a"; filename="b.exe',
            'attachment; filename="a_; filename=_b.exe"; '
            "filename*=UTF-8''a%22%3B%20filename%3D%22b.exe",
        ),
        (
            "a\r\nSet-Cookie: x=y",
            'attachment; filename="a  Set-Cookie: x=y"; '
            "filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3Dy",
        ),
        (
            "../../etc/passwd",
            "attachment; filename=\".._.._etc_passwd\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd",
        ),
        ("", "attachment; filename=\"document\"; filename*=UTF-8''"),
    ],
)
async def test_a_name_stays_a_name_in_the_header(
    house: House, camille: Browser, name: str, disposition: str
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", name=name)
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}")
    assert answer.headers["content-disposition"] == disposition


async def test_a_large_document_comes_whole(house: House, camille: Browser) -> None:
    reference, content = await house.open(), bytes(range(256)) * (SMALL // 128)
    document = await house.attach(reference, content)
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}")
    assert answer.content == content


async def test_who_downloads_a_document_is_written_down(house: House, camille: Browser) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", name="plan.pdf")
    await camille.get(f"/agent/cases/{reference}/documents/{document}")
    (row,) = await house.trail("document.read")
    assert (row.agent_id, row.object_id) == (house.agents[CAMILLE], reference)
    assert row.details == {"document": str(document), "name": "plan.pdf"}


async def test_another_agents_document_looks_like_one_that_does_not_exist(house: House) -> None:
    theirs, other = await house.open("voirie"), await house.open("mairie")
    document = await house.attach(other, b"secret")
    karim = await house.browser(KARIM)
    for reference in (other, theirs):  # nor through a case of their own
        answer = await karim.get(f"/agent/cases/{reference}/documents/{document}")
        assert answer.status_code == 404
    assert await house.trail("document.read") == []


@pytest.mark.parametrize("path", ["not-an-id", "..%2F..%2Fsecret", "%00"])
async def test_a_document_has_no_path(house: House, camille: Browser, path: str) -> None:
    answer = await camille.get(f"/agent/cases/{await house.open()}/documents/{path}")
    assert answer.status_code in {404, 422}


async def test_the_page_lists_the_documents(house: House, camille: Browser) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x" * 2_000, name="<plan>.csv")
    page = await camille.page(f"/agent/cases/{reference}")
    assert f'href="/agent/cases/{reference}/documents/{document}"' in page
    assert "&lt;plan&gt;.csv" in page


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        ("unread", "Is being read"),
        ("locked", "Locked document"),
        ("failed", "Could not be read"),
    ],
)
async def test_the_page_tells_how_far_a_document_is_read(
    house: House, camille: Browser, reading: str, told: str
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"x", reading=reading)
    page = await camille.page(f"/agent/cases/{reference}")
    assert told in page
    assert f'href="/agent/cases/{reference}/documents/{document}/pages"' in page


async def test_a_search_leads_from_the_inbox_to_the_documents_that_have_its_words(
    house: House, camille: Browser
) -> None:
    reference = await house.open(text="The lampadaire is dark.")
    for position, text in enumerate(("Le lampadaire", "La cave")):
        document = await house.attach(reference, b"x", name=f"{position}.pdf", position=position)
        await house.add_page(document, text)
    assert f'href="/agent/cases/{reference}?q=lampadaire"' in await camille.page(
        "/agent/?q=lampadaire"
    )
    page = await camille.page(f"/agent/cases/{reference}?q=lampadaire")
    assert page.count("“lampadaire” stands on 1 page") == 1
    assert f"/documents/{document}/pages?q=lampadaire" in page


async def test_a_file_that_a_virus_scanner_found_out_is_given_to_nobody(
    house: House, camille: Browser
) -> None:
    reference = await house.open()
    document = await house.attach(reference, b"whatever", malware="Test.EICAR")
    page = await camille.page(f"/agent/cases/{reference}")
    assert "Blocked: the virus scanner found Test.EICAR" in page
    assert f"/documents/{document}" not in page
    answer = await camille.get(f"/agent/cases/{reference}/documents/{document}")
    assert answer.status_code == 409
    program = await house.program()
    answer = await program.get(f"/api/v1/cases/{reference}/documents/{document}")
    assert answer.status_code == 409
