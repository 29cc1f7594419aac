"""200 citizens fill in the five example procedures at once, against a bare page of the framework.

The citizens wait for nothing between two pages, so that what is measured is how many pages the town
gives out, and how long one waits while 200 wait. Each has an address of their own. The baseline is
a form by FastAPI and Jinja2 alone (:mod:`bench.bare_page`), asked by as many in the same way.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiohttp

from bench.citizens import Citizen, Times
from bench.servers import bare_page, free_port, guichet
from cases.procedures import Procedure, example_procedures

CITIZENS = 200
BARE_PAGES = 4_000
SEASON = ('"season_start": "03-01"', '"season_end": "11-30"')
ALL_YEAR = ('"season_start": "01-01"', '"season_end": "12-31"')
TIME_LIMIT = 120.0  # seconds for one page


def run() -> dict[str, object]:
    procedures = example_procedures()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=Path.cwd()) as folder:
        data, port = Path(folder) / "var", free_port()
        with guichet(data, http=port, GUICHET_TRUSTED_PROXIES="127.0.0.1"):
            _open_all_year(data)
            ours, seconds = asyncio.run(_fill_in(port, procedures))
            errors = ours.wrong
        with bare_page() as port:
            bare, bare_seconds = asyncio.run(_bare(port))
    if errors:
        raise RuntimeError(f"{len(errors)} citizens failed: {errors[:3]}")
    rate, bare_rate = len(ours.pages) / seconds, len(bare.pages) / bare_seconds
    return {
        "citizens": CITIZENS,
        "submissions": ours.sent,
        "errors": len(errors),
        "submissions_per_second": round(ours.sent / seconds, 1),
        "pages": len(ours.pages),
        "pages_per_second": round(rate, 1),
        "seconds_of_a_page": _told(ours),
        "bare_page": {"pages_per_second": round(bare_rate, 1), "seconds_of_a_page": _told(bare)},
        "ratio_to_a_bare_page": round(rate / bare_rate, 2),
    }


async def _fill_in(port: int, procedures: Sequence[Procedure]) -> tuple[Times, float]:
    """Everybody fills in all five, each beginning with another one."""
    times, today = Times(), datetime.now(UTC).date()
    began = time.perf_counter()
    await asyncio.gather(
        *(_citizen(port, number, procedures, today, times) for number in range(CITIZENS))
    )
    return times, time.perf_counter() - began


async def _citizen(
    port: int, number: int, procedures: Sequence[Procedure], today: date, times: Times
) -> None:
    async with _browser(port) as http:
        citizen = Citizen(http, f"192.0.2.{number % 250}", times)
        for step in range(len(procedures)):
            await citizen.apply(procedures[(number + step) % len(procedures)], today)


async def _bare(port: int) -> tuple[Times, float]:
    times, left = Times(), iter(range(BARE_PAGES // 2))

    async def visitor() -> None:
        async with _browser(port) as http:
            for _ in left:
                for method in ("GET", "POST"):
                    await _page(http, method, times)

    began = time.perf_counter()
    await asyncio.gather(*(visitor() for _ in range(CITIZENS)))
    return times, time.perf_counter() - began


async def _page(http: aiohttp.ClientSession, method: str, times: Times) -> None:
    form = aiohttp.FormData({f"field-{number}": "Dupont" for number in range(8)})
    began = time.perf_counter()
    async with http.request(
        method, "/page", data=form if method == "POST" else None, allow_redirects=False
    ) as answer:
        await answer.read()
        times.pages.append(time.perf_counter() - began)


def _browser(port: int) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        f"http://127.0.0.1:{port}",
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # also of an address without a name
        timeout=aiohttp.ClientTimeout(total=TIME_LIMIT),
        headers={"Accept-Language": "fr"},
    )


def _open_all_year(data: Path) -> None:
    """One of them has a season, which a measurement shall not wait for."""
    query = "UPDATE procedure_versions SET definition = replace(replace(definition, ?, ?), ?, ?)"
    values: tuple[Any, ...] = (SEASON[0], ALL_YEAR[0], SEASON[1], ALL_YEAR[1])
    with closing(sqlite3.connect(data / "guichet.db", timeout=30)) as store, store:
        store.execute(query, values)


def _told(times: Times) -> dict[str, float]:
    shown = quantiles(times.pages, n=100)
    return {"p50": round(shown[49], 3), "p99": round(shown[98], 3)}
