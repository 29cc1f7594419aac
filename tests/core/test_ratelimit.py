"""Counting tries, and telling who tries."""

import pytest
from starlette.requests import Request

from core.ratelimit import RateLimit, TooMany, client_address, client_group


def request(peer: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "client": (peer, 1234), "headers": headers})


async def test_a_client_is_let_through_so_many_times_and_no_more() -> None:
    limit = RateLimit(3, 60)
    for _ in range(3):
        await limit.count("192.0.2.1")
    with pytest.raises(TooMany) as refusal:
        await limit.count("192.0.2.1")
    assert 1 <= refusal.value.retry_after <= 120
    await limit.count("192.0.2.2")


async def test_checking_counts_nothing() -> None:
    limit = RateLimit(1, 60)
    for _ in range(5):
        await limit.check("192.0.2.1")
    await limit.count("192.0.2.1")
    with pytest.raises(TooMany):
        await limit.check("192.0.2.1")


def test_without_a_trusted_proxy_the_peer_is_the_client() -> None:
    assert client_address(request("192.0.2.9", "203.0.113.5"), ()) == "192.0.2.9"


def test_a_trusted_proxy_is_believed() -> None:
    assert client_address(request("10.0.0.1", "203.0.113.5"), ("10.0.0.1",)) == "203.0.113.5"


def test_what_a_client_invents_before_the_proxy_is_not_believed() -> None:
    forged = request("10.0.0.1", "198.51.100.1, 203.0.113.5")
    assert client_address(forged, ("10.0.0.0/8",)) == "203.0.113.5"
    two_headers = request("10.0.0.1", "198.51.100.1", "203.0.113.5")
    assert client_address(two_headers, ("10.0.0.0/8",)) == "203.0.113.5"


def test_a_row_of_trusted_proxies_is_walked_to_the_client() -> None:
    assert (
        client_address(request("10.0.0.1", "203.0.113.5, 10.0.0.2"), ("10.0.0.0/8",))
        == "203.0.113.5"
    )


@pytest.mark.parametrize("nonsense", ["", " , ", "unknown", "<script>"])
def test_a_proxy_that_talks_nonsense_is_the_client_itself(nonsense: str) -> None:
    assert client_address(request("10.0.0.1", nonsense), ("10.0.0.1", "proxy")) == "10.0.0.1"


def test_one_ipv6_client_is_a_whole_network() -> None:
    assert client_group("2001:db8:1:2:3::4") == client_group("2001:db8:1:2:ffff::1")
    assert client_group("2001:db8:1:2::1") != client_group("2001:db8:1:3::1")
    assert client_group("::ffff:192.0.2.1") == "192.0.2.1"
    assert client_group("testclient") == "testclient"
