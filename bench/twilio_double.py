"""The SMS provider: ``python -m bench.twilio_double PORT PER_SECOND FILE``.

The part of Twilio's API by which messages are sent and listed, as the double of
:mod:`channels.telephony.double` has it, but for any number of messages: each is a line of ``FILE``
(moment, recipient, SID and text, as JSON), as are what was refused for coming too fast and what was
looked up. It sends no status callbacks.
"""

import json
import secrets
import sys
import time
from collections import defaultdict, deque
from email.utils import format_datetime
from pathlib import Path
from typing import IO, Any

import uvloop
from aiohttp import BasicAuth, web

from core.clock import utc_now

ACCOUNT = "AC" + "0" * 32
TOKEN = "a token of the bench"
NUMBER = "+33199000000"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


class Provider:
    """``per_second`` are taken; more are answered 429 with code 20429."""

    def __init__(self, per_second: int, told: IO[str]) -> None:
        self._per_second = per_second
        self._told = told
        self._taken: deque[float] = deque()
        self._messages: dict[str, list[dict[str, Any]]] = defaultdict(list)

    async def create(self, request: web.Request) -> web.Response:
        _check(request)
        form = await request.post()
        to, body = str(form.get("To", "")), str(form.get("Body", ""))
        now = time.monotonic()
        while self._taken and now - self._taken[0] > 1:
            self._taken.popleft()
        if len(self._taken) >= self._per_second:
            self._tell(refused=to)
            problem = {"code": 20429, "message": "Too Many Requests", "status": 429}
            return web.json_response(problem, status=429)
        self._taken.append(now)
        at = format_datetime(utc_now())
        message = {
            "sid": "SM" + secrets.token_hex(16),
            "from": NUMBER,
            "to": to,
            "body": body,
            "direction": "outbound-api",
            "status": "queued",
            "error_code": None,
            "date_created": at,
            "date_sent": at,
            "num_media": "0",
        }
        self._messages[to].append(message)
        self._tell(to=to, body=body)
        return web.json_response(message, status=201)

    async def listed(self, request: web.Request) -> web.Response:
        _check(request)
        to = request.query.get("To", "")
        self._tell(looked_up=to)
        found = list(reversed(self._messages[to]))
        return web.json_response({"messages": found, "page": 0, "page_size": 1000, "uri": ""})

    def _tell(self, **line: str) -> None:
        self._told.write(json.dumps({"at": time.time(), **line}) + "\n")
        self._told.flush()


def _check(request: web.Request) -> None:
    given = BasicAuth.decode(request.headers.get("Authorization", ""))
    if (given.login, given.password) != (ACCOUNT, TOKEN):
        raise web.HTTPUnauthorized


def main(port: int, per_second: int, path: Path) -> None:
    with path.open("a", encoding="utf-8") as told:
        provider = Provider(per_second, told)
        app = web.Application()
        app.add_routes([web.post(PATH, provider.create), web.get(PATH, provider.listed)])
        web.run_app(
            app,
            host="127.0.0.1",
            port=port,
            access_log=None,
            print=None,
            loop=uvloop.new_event_loop(),
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
