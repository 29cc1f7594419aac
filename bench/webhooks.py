"""How long a signed SMS webhook waits for its yes while mail is coming in, beside the least that
could take it.

Three things are measured in turns, each by the same load: ours; the bare route alone; and the bare
route while our town, on the same machine, takes the same mail. The last is the fair one: both then
share the two cores with a town at work, and only what is asked of the webhook differs. Every
webhook comes from a citizen of its own, so that each is a case with a receipt by SMS.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles

from aiohttp import ClientSession, TCPConnector
from twilio.request_validator import RequestValidator

from bench import servers
from bench.bare_webhook import ACCOUNT, ORIGIN, PATH, TOKEN
from bench.load import send
from bench.mails import make_mails

PER_SECOND = 100  # webhooks
MAILS_PER_SECOND = 20
SECONDS = 3.0  # of each measurement
ROUNDS = 10  # short ones, taking turns, so that a slow moment of the machine hits all alike
NUMBER = "+33199000000"
FIRST = 70_000_000  # number of the first mail
BY_NAME = ("guichet", "bare", "bare_beside_the_same_mail")

Results = dict[str, object]


def run(mails: int) -> Results:
    """``mails`` bounds the webhooks of one measurement."""
    count = min(mails, int(PER_SECOND * SECONDS))
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        root = Path(folder)
        http = servers.free_port()
        with servers.bare_webhook(root / "bare.db") as bare:
            settings = {
                "GUICHET_TWILIO_ACCOUNT": ACCOUNT,
                "GUICHET_TWILIO_TOKEN": TOKEN,
                "GUICHET_TWILIO_NUMBER": NUMBER,
                "GUICHET_TWILIO_URL": f"http://127.0.0.1:{bare}",
                "GUICHET_PUBLIC_URL": ORIGIN,
            }
            with servers.guichet(root / "guichet", http=http, **settings) as smtp:
                waits = asyncio.run(_take_turns(http, smtp, bare, count))
    return {
        "webhooks_per_second": PER_SECOND,
        "mails_per_second": MAILS_PER_SECOND,
        "webhooks": ROUNDS * count,
        "milliseconds_to_the_answer": {name: _shown(waits[name]) for name in BY_NAME},
        "p99_ratio_to_bare": _ratio(waits["guichet"], waits["bare"]),
        "p99_ratio_to_bare_beside_the_same_mail": _ratio(
            waits["guichet"], waits["bare_beside_the_same_mail"]
        ),
    }


async def _take_turns(http: int, smtp: int, bare: int, count: int) -> dict[str, list[list[float]]]:
    """Seconds that each webhook waited, by what took it and by round."""
    load = _Load()
    await load.mails(smtp, 50)  # warm up
    for port in (http, bare):
        await load.webhooks(port, 100)
    waits: dict[str, list[list[float]]] = {name: [] for name in BY_NAME}
    for _ in range(ROUNDS):
        waits["bare"].append(await load.webhooks(bare, count))
        for name, port in (("bare_beside_the_same_mail", bare), ("guichet", http)):
            mails = int(count / PER_SECOND * MAILS_PER_SECOND)
            coming = asyncio.create_task(load.mails(smtp, mails))
            waits[name].append(await load.webhooks(port, count))
            await coming
    return waits


class _Load:
    """Webhooks and mails that were never sent before."""

    def __init__(self) -> None:
        self._webhooks = 0
        self._mails = FIRST

    async def mails(self, port: int, count: int) -> None:
        mails = make_mails(count, start=self._mails)
        self._mails += count
        await send(port, mails, connections=10, pace=MAILS_PER_SECOND)

    async def webhooks(self, port: int, count: int) -> list[float]:
        """Seconds from the moment at which each was due to its answer, whatever the others do."""
        forms = [_form(number) for number in range(self._webhooks, self._webhooks + count)]
        self._webhooks += count
        url = f"http://127.0.0.1:{port}{PATH}"
        async with ClientSession(connector=TCPConnector(limit=0)) as http:

            async def one(due: float, form: dict[str, str], signature: str) -> float:
                await asyncio.sleep(due - time.perf_counter())
                headers = {"X-Twilio-Signature": signature}
                async with http.post(url, data=form, headers=headers) as answer:
                    answer.raise_for_status()
                    await answer.read()
                return time.perf_counter() - due

            start = time.perf_counter() + 0.5
            dues = [start + number / PER_SECOND for number in range(count)]
            pairs = zip(dues, forms, strict=True)
            return await asyncio.gather(*(one(due, *form) for due, form in pairs))


def _form(number: int) -> tuple[dict[str, str], str]:
    """An SMS, and its signature."""
    fields = {
        "AccountSid": ACCOUNT,
        "Body": f"Demande {number} : le lampadaire de la rue des Écoles est éteint.",
        "From": f"+336{number:08d}",
        "FromCountry": "FR",
        "MessageSid": f"SM{number:032x}",
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsSid": f"SM{number:032x}",
        "To": NUMBER,
    }
    return fields, str(RequestValidator(TOKEN).compute_signature(ORIGIN + PATH, fields))


def _p99(waits: Sequence[float]) -> float:
    return quantiles(waits, n=100)[98]


def _shown(rounds: Sequence[Sequence[float]]) -> Results:
    return {
        "p50": round(1000 * median(median(waits) for waits in rounds), 1),
        "p99": round(1000 * median(map(_p99, rounds)), 1),
        "p99_of_all_rounds": round(1000 * _p99([wait for waits in rounds for wait in waits]), 1),
        "most": round(1000 * max(map(max, rounds)), 1),
    }


def _ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float:
    """Of the rounds' medians: one stall of the disk decides nothing."""
    return round(median(map(_p99, ours)) / median(map(_p99, theirs)), 2)
