"""SIGKILL while webhooks come in: what was answered 2xx is there, once."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import httpx
from twilio.request_validator import RequestValidator

from tests.e2e.engines import NewTown
from tests.e2e.settling import settle
from tests.e2e.town import Town

ACCOUNT, TOKEN = "AC" + "0" * 32, "a token that signs"
TOWN, WITHHELD = "+33199000000", "+266696687"
"""Nobody is answered by SMS, for nobody shows a number."""
WEBHOOKS = 400
CONNECTIONS = 10
KILLS = 4
WAIT = 0.05  # seconds before who was not answered comes again
PATIENCE = 120.0  # seconds


async def test_no_webhook_that_was_answered_is_lost_or_doubled_when_the_process_is_killed(
    new_town: NewTown, tmp_path: Path
) -> None:
    town = new_town(
        tmp_path / "var",
        smarthost="smtp://127.0.0.1:9",
        twilio_account=ACCOUNT,
        twilio_token=TOKEN,
        twilio_number=TOWN,
        public_url="https://town.example",
    )
    town.start()
    try:
        chance = Random(20260309)
        async with asyncio.TaskGroup() as tasks:
            numbers = iter(range(WEBHOOKS))
            senders = [tasks.create_task(_send(town, numbers)) for _ in range(CONNECTIONS)]
            for _ in range(KILLS):
                await asyncio.sleep(chance.uniform(0.1, 0.5))
                await asyncio.to_thread(town.kill)
                await asyncio.to_thread(town.start)
        again = sum(sender.result() for sender in senders)
        await asyncio.to_thread(settle, town, within=PATIENCE)
        _check(town, again)
    finally:
        town.stop()


def _check(town: Town, again: int) -> None:
    texts = Counter(text for (text,) in town.query("SELECT text FROM messages"))
    calls = Counter(key for (key,) in town.query("SELECT key FROM calls WHERE state = 'ended'"))
    kept = {"messages": len(texts), "calls": len(calls), "sent again": again}
    assert texts == Counter(f"Request {number}" for number in range(0, WEBHOOKS, 2)), kept
    assert calls == Counter(f"CA{number}" for number in range(1, WEBHOOKS, 2)), kept
    assert town.scalar("SELECT count(*) FROM intakes") == WEBHOOKS // 2
    assert town.scalar("SELECT count(*) FROM cases") == WEBHOOKS // 2
    assert again > 0, "nobody was killed over a webhook"


async def _send(town: Town, numbers: Iterator[int]) -> int:
    """As Twilio with ``#rc``: what is not answered comes again. Returns how often."""
    again = 0
    async with asyncio.timeout(PATIENCE), httpx.AsyncClient(base_url=town.url) as client:
        for number in numbers:
            path, fields = _webhook(number)
            url = town.settings["public_url"] + path
            signature = RequestValidator(TOKEN).compute_signature(url, fields)
            headers = {"X-Twilio-Signature": signature}
            while not await _is_taken(client, path, fields, headers):
                again += 1
                await asyncio.sleep(WAIT)
    return again


async def _is_taken(
    client: httpx.AsyncClient, path: str, fields: dict[str, str], headers: dict[str, str]
) -> bool:
    try:
        answer = await client.post(path, data=fields, headers=headers)
    except httpx.TransportError:
        return False
    assert answer.status_code in (200, 204, 503), answer.text
    return answer.status_code != 503


def _webhook(number: int) -> tuple[str, dict[str, str]]:
    """An SMS, or the end of a call."""
    fields = {"AccountSid": ACCOUNT, "From": WITHHELD, "To": TOWN}
    if number % 2:
        more = {"CallSid": f"CA{number}", "CallStatus": "completed", "CallDuration": "7"}
        return "/hooks/twilio/voice/status", fields | more
    more = {"MessageSid": f"SM{number}", "Body": f"Request {number}", "NumMedia": "0"}
    return "/hooks/twilio/sms", fields | more
