"""Citizens who fill in forms by HTTP as browsers without JavaScript do, page by page."""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from typing import Any

import aiohttp

from cases.procedures import Procedure
from cases.procedures.fields import (
    AddressField,
    Asked,
    ChoiceField,
    ConsentField,
    DateField,
    EmailField,
    FilesField,
    LongTextField,
    NumberField,
    PhoneField,
    PositionField,
    TableField,
    YesNoField,
    day_of,
)

MOST_PAGES = 20  # of one form, before we take it for a circle
KNOWN = {"siret": "12345678900012"}
"""What a check of the author's asks for."""
PDF = b"%PDF-1.7 a plan %%EOF"
_HIDDEN = re.compile(r'<input type="hidden" name="(csrf|shown)" value="([^"]*)"')


class Wrong(Exception):
    """A page did not answer as it does to a citizen."""


@dataclass
class Times:
    """Seconds of every page, in the order of the answers; how often a page was wrong."""

    pages: list[float] = field(default_factory=list)
    sent: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass
class Citizen:
    """One browser."""

    http: aiohttp.ClientSession
    address: str
    """That the town takes for theirs."""
    times: Times

    async def apply(self, procedure: Procedure, today: date) -> None:
        """Fill a form in and send it; what goes wrong is noted."""
        try:
            await self._apply(procedure, today)
        except (Wrong, aiohttp.ClientError, TimeoutError) as problem:
            self.times.wrong.append(f"{procedure.slug}: {problem!r}")
        else:
            self.times.sent += 1

    async def _apply(self, procedure: Procedure, today: date) -> None:
        start = f"/procedures/{procedure.slug}"
        page = await self._ask("GET", start)
        where, page = await self._follow("POST", start, {"csrf": page.hidden["csrf"]})
        for _ in range(MOST_PAGES):
            if where.endswith("/summary"):
                break
            names = page.hidden["shown"].split(",")
            answers = answers_to(procedure, names, today)
            where, page = await self._follow("POST", where, {**page.hidden, **answers})
        where, page = await self._follow("POST", where, {"csrf": page.hidden["csrf"]})
        if not where.endswith("/done"):
            raise Wrong(f"ended at {where}")

    async def _follow(
        self, method: str, path: str, fields: Mapping[str, Any]
    ) -> "tuple[str, Page]":
        answer = await self._ask(method, path, fields)
        if answer.status == 200:  # the answers call for more questions, on this page
            return path, answer
        return answer.location, await self._ask("GET", answer.location)

    async def _ask(self, method: str, path: str, fields: Mapping[str, Any] | None = None) -> "Page":
        form = aiohttp.FormData() if fields else None
        for name, value in _pairs(fields or {}):
            assert form is not None
            if isinstance(value, bytes):
                form.add_field(name, value, filename="plan.pdf", content_type="application/pdf")
            else:
                form.add_field(name, value)
        began = time.perf_counter()
        async with self.http.request(
            method,
            path,
            data=form,
            allow_redirects=False,
            headers={"X-Forwarded-For": self.address},
        ) as answer:
            text = await answer.text()
            self.times.pages.append(time.perf_counter() - began)
            if answer.status >= 400:
                raise Wrong(f"{method} {path}: {answer.status} {mistakes_in(text)}")
            hidden = {name: unescape(value) for name, value in _HIDDEN.findall(text)}
            return Page(answer.status, answer.headers.get("location", ""), hidden)


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    location: str
    hidden: Mapping[str, str]


def mistakes_in(html: str) -> str:
    return " ".join(re.findall(r'id="f-[^"]*-error"[^>]*>.*?</span>([^<]*)', html, re.DOTALL))


def answers_to(procedure: Procedure, names: list[str], today: date) -> dict[str, Any]:
    """Of the fields that a page shows."""
    asked = [one for name, one in procedure.fields.items() if name in names]
    return {
        name: value
        for one in asked
        if isinstance(one, Asked)
        for name, value in _answer(one, f"f-{one.name}", today)
    }


def _answer(one: Asked, name: str, today: date) -> Iterator[tuple[str, Any]]:  # noqa: PLR0912
    match one:
        case TableField():
            for row in range(max(one.min_rows, 1)):
                for column in one.columns:
                    yield from _answer(column, f"{name}-{row}-{column.name}", today)
        case AddressField():
            yield f"{name}-street", "4 rue des Lilas"
            yield f"{name}-postcode", "57000"
            yield f"{name}-city", "Metz"
        case PositionField():
            yield f"{name}-address", "près de la fontaine"
        case ChoiceField():
            yield name, one.options[0].value
        case YesNoField():
            yield name, "no"
        case ConsentField():
            yield name, "yes"
        case EmailField():
            yield name, "jeanne@citizens.example"
        case PhoneField():
            yield name, "06 12 34 56 78"
        case NumberField():
            yield name, f"{max(one.least or 0, min(1, one.most or 1)):g}"
        case DateField():
            yield name, _day(one, today).isoformat()
        case FilesField():
            if one.required:
                yield name, PDF
        case LongTextField():
            yield name, "Devant chez moi, depuis une semaine. " * 3
        case _:
            yield name, KNOWN.get(one.name, "Dupont")


def _day(one: DateField, today: date) -> date:
    earliest, latest = day_of(one.earliest, today), day_of(one.latest, today)
    if earliest:  # a Wednesday: a working day of every town
        return earliest + timedelta(days=7 + (2 - earliest.weekday()) % 7)
    return (latest or today) - timedelta(days=4 * 365)


def _pairs(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from fields.items()
    if "shown" in fields:
        yield "action", "next"
