"""``guichet send-call``: a call as the exchange would tell of it, signed, to the running town."""

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import typer

from channels.cti.routes import PATH
from channels.cti.signature import signed_headers
from core.clock import utc_now
from core.ids import new_id
from core.settings import Settings, town_secret
from guichet.hooks import cti_secrets
from guichet.offline import fail, read_settings

ANSWER = 10.0  # seconds


def send_call(
    to: Annotated[str, typer.Option(help="The number that is called.")] = "+33199001002",
    sender: Annotated[str, typer.Option("--from", help="Who calls; '' withheld.")] = "+33612345678",
    extension: Annotated[str, typer.Option(help="The telephone that it rings at.")] = "201",
    ring: Annotated[float, typer.Option(min=0, help="Seconds that it rings.")] = 5.0,
    talk: Annotated[float, typer.Option(min=0, help="Seconds of talking; 0: missed.")] = 20.0,
) -> None:
    """Play a telephone call: it rings, is answered and ends."""
    settings = read_settings()
    secrets = cti_secrets(settings, town_secret(settings))
    if not secrets:
        fail("no secret is set: GUICHET_CTI_SECRETS")
    play = _Play(settings, secrets[0], new_id().hex, to, sender, extension)
    play.tell("started")
    time.sleep(ring)
    if talk:
        play.tell("answered")
        time.sleep(talk)
    play.tell("ended")


@dataclass(frozen=True, slots=True)
class _Play:
    settings: Settings
    secret: bytes
    call: str
    to: str
    sender: str
    extension: str

    def tell(self, event: str) -> None:
        now: datetime = utc_now()
        told = {
            "event": event,
            "call": self.call,
            "time": now.isoformat(),
            "caller": self.sender,
            "callee": self.to,
            "extension": self.extension,
            "exchange": "demo",
        }
        body = json.dumps(told).encode()
        request = urllib.request.Request(
            f"http://{self.settings.http_host}:{self.settings.http_port}{PATH}",
            body,
            {"Content-Type": "application/json", **signed_headers(self.secret, body, utc_now)},
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER):  # noqa: S310
                typer.echo(f"{event}: taken")
        except urllib.error.HTTPError as problem:
            fail(
                f"{event} was refused: {problem.code} {problem.read(500).decode(errors='replace')}"
            )
        except OSError as problem:
            fail(f"{event} was not taken: {problem}")
