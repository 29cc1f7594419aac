import gzip
from collections.abc import AsyncIterator
from ipaddress import ip_address

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from core.outside import is_public
from feeds.fetching import MOST_BYTES, Fetching, NotFetched

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_our_own_network_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["9.9.9.9", "2620:fe::fe", "::ffff:9.9.9.9"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(ip_address(address))


async def _hop(request: web.Request) -> web.Response:
    left = int(request.match_info["left"])
    raise web.HTTPFound(f"/hop/{left - 1}" if left else "/feed")


async def _feed(request: web.Request) -> web.Response:
    if request.headers.get("If-None-Match") == '"1"':
        return web.Response(status=304)
    return web.Response(
        text="<rss/>",
        headers={"ETag": '"1"', "Last-Modified": "Mon, 09 Mar 2026 12:00:00 GMT"},
        content_type="application/rss+xml",
    )


async def _bomb(request: web.Request) -> web.Response:
    packed = gzip.compress(b" " * (4 * MOST_BYTES))
    return web.Response(body=packed, headers={"Content-Encoding": "gzip"})


async def _elsewhere(request: web.Request) -> web.Response:
    raise web.HTTPFound(request.query["to"])


@pytest.fixture
async def site() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/feed", _feed)
    app.router.add_get("/hop/{left}", _hop)
    app.router.add_get("/bomb", _bomb)
    app.router.add_get("/elsewhere", _elsewhere)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def test_a_feed_is_fetched_with_what_is_needed_for_the_next_time(site: str) -> None:
    fetched = await Fetching(lambda _: True).fetch(f"{site}/hop/3")
    assert (fetched.content, fetched.url) == (b"<rss/>", f"{site}/feed")
    assert (fetched.etag, fetched.last_modified) == ('"1"', "Mon, 09 Mar 2026 12:00:00 GMT")
    again = await Fetching(lambda _: True).fetch(f"{site}/feed", etag=fetched.etag)
    assert again.content is None


@pytest.mark.parametrize(
    "path", ["/hop/9", "/bomb", "/missing", "/elsewhere?to=file:///etc/passwd"]
)
async def test_too_much_of_anything_is_refused(site: str, path: str) -> None:
    with pytest.raises(NotFetched):
        await Fetching(lambda _: True).fetch(site + path)


async def test_our_own_network_is_not_reached_by_number_name_or_redirect(site: str) -> None:
    port = site.rpartition(":")[2]
    only_the_first = iter([True])
    for fetching, url in (
        (Fetching(), f"{site}/feed"),
        (Fetching(), f"http://localhost:{port}/feed"),
        (Fetching(), f"http://[::ffff:127.0.0.1]:{port}/feed"),
        (Fetching(), f"http://2130706433:{port}/feed"),
        (
            Fetching(lambda _: next(only_the_first, False)),
            f"{site}/elsewhere?to=http://localhost:{port}/feed",
        ),
    ):
        with pytest.raises(NotFetched, match=r"not public|not a canonical"):
            await fetching.fetch(url)
