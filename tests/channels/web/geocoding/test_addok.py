"""A geocoder of the tests' own, which answers as Addok does; and what the portal makes of it."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from channels.web.geocoding.addok import MAX_ANSWER, Addok
from channels.web.geocoding.routes import geocoding_routes
from core.errors import Later
from core.ratelimit import RateLimit
from core.settings import Settings

SQUARE = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [6.176355, 49.120276]},
    "properties": {
        "label": "1 Place d'Armes 57000 Metz",
        "name": "1 Place d'Armes",
        "postcode": "57000",
        "city": "Metz",
    },
}


@contextmanager
def addok(answer: Any, asked: list[str] | None = None, pause: float = 0) -> Iterator[str]:
    """Its address; ``asked`` gets what it is asked. ``pause`` seconds are in the middle of each
    answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if asked is not None:
                asked.append(self.path)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            time.sleep(pause)
            self.wfile.write(content[len(content) // 2 :])

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


async def test_addresses_are_completed_and_named_by_their_place() -> None:
    asked: list[str] = []
    with addok({"features": [SQUARE]}, asked) as url:
        app = FastAPI()
        app.include_router(geocoding_routes(Addok(url), Settings(), RateLimit(9, 9)))
        async with AsyncClient(transport=ASGITransport(app), base_url="http://t") as client:
            (found,) = (await client.get("/addresses?q=1 place d'ar")).json()
            (there,) = (await client.get("/addresses?lat=49.12&lon=6.17")).json()
            assert (await client.get("/addresses?q=1")).json() == []
    assert (found["street"], found["postcode"], found["lat"]) == (
        "1 Place d'Armes",
        "57000",
        49.120276,
    )
    assert there["label"] == "1 Place d'Armes 57000 Metz"
    first, second = (urlsplit(one) for one in asked)
    assert (first.path, parse_qs(first.query)["q"]) == ("/search", ["1 place d'ar"])
    assert (second.path, parse_qs(second.query)["lat"]) == ("/reverse", ["49.120000"])


@pytest.mark.parametrize(
    "answer",
    [{}, [], {"features": [None, {}, {"geometry": {"coordinates": ["x", 1]}, "properties": {}}]}],
)
async def test_what_is_no_address_is_passed_over(answer: Any) -> None:
    with addok(answer) as url:
        assert await Addok(url).search("place") == []


async def test_an_answer_in_two_pieces_is_read_whole_and_one_without_end_is_not() -> None:
    with addok({"features": [SQUARE]}, pause=0.05) as url:
        assert len(await Addok(url).search("place")) == 1
    with addok({"features": [SQUARE], "more": "x" * MAX_ANSWER}) as url, pytest.raises(Later):
        await Addok(url).search("place")


async def test_a_geocoder_that_is_away_or_mad_is_waited_for_no_longer() -> None:
    with addok(b"<html>") as url, pytest.raises(Later):
        await Addok(url).search("place")
    app = FastAPI()
    app.include_router(geocoding_routes(Addok(url), Settings(), RateLimit(9, 9)))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://t") as client:
        assert (await client.get("/addresses?q=place")).status_code == 503
