"""Definitions that tests speak with, and forms filled in well or badly."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from cases.procedures import Procedure, Surroundings, read_definition
from cases.procedures.fields import (
    AddressField,
    Asked,
    ChoiceField,
    ConsentField,
    DateField,
    EmailField,
    FilesField,
    NumberField,
    PhoneField,
    PositionField,
    TableField,
    YesNoField,
    day_of,
)

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)  # a Monday
TODAY = date(2026, 3, 9)


def field(kind: str, name: str, **values: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, "label": {"fr": name, "en": name}} | values


def page(name: str, *fields: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {"name": name, "title": {"fr": name}, "fields": [*fields]} | values


def procedure_data(*pages: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "slug": "test",
        "title": {"fr": "Essai", "en": "Test"},
        "summary": {"fr": "Un essai"},
        "category": {"code": "tests", "label": {"fr": "Essais"}},
        "pages": [*pages],
    } | values


def procedure(*pages: dict[str, Any], **values: Any) -> Procedure:
    return read_definition(procedure_data(*pages, **values))


def around(**citizen: Any) -> Surroundings:
    return Surroundings(NOON, PARIS, "FR", {"signed_in": bool(citizen), **citizen})


def junk() -> st.SearchStrategy[Any]:
    """What anybody may send in the place of an answer."""
    texts = st.text(max_size=30) | st.sampled_from(
        ["yes", "no", "12", "-1", "1e9", "nan", "2026-02-30", "2026-03-09", "a@b.example", "31/12"]
    )
    parts = st.dictionaries(
        st.sampled_from(["street", "postcode", "city", "lat", "lon", "address", "x"]), texts
    )
    return st.none() | texts | st.lists(texts, max_size=3) | parts | st.lists(parts, max_size=3)


def good(asked: Asked) -> st.SearchStrategy[Any]:  # noqa: PLR0911, PLR0912 - one a kind
    """What somebody types who fills the field in well."""
    match asked:
        case EmailField():
            return st.just("jeanne@citizens.example")
        case PhoneField():
            return st.just("06 12 34 56 78")
        case DateField():
            least = day_of(asked.earliest, TODAY) or date(1950, 1, 1)
            most = day_of(asked.latest, TODAY) or least + timedelta(days=3650)
            return st.dates(least, most).map(date.isoformat)
        case NumberField():
            lowest, highest = asked.least or 0, asked.most if asked.most is not None else 1000
            scale = 10**asked.decimals
            whole = st.integers(round(lowest * scale), round(highest * scale))
            return whole.map(lambda number: f"{number / scale:.{asked.decimals}f}")
        case ChoiceField(style="many"):
            values = [option.value for option in asked.options]
            return st.lists(st.sampled_from(values), min_size=1, unique=True)
        case ChoiceField():
            return st.sampled_from([option.value for option in asked.options])
        case YesNoField():
            return st.sampled_from(["yes", "no"])
        case ConsentField():
            return st.just("yes")
        case AddressField():
            return st.just({"street": "1 rue Haute", "postcode": "57000", "city": "Metz"})
        case PositionField():
            return st.just({"lat": "49.12", "lon": "6,17", "address": ""})
        case FilesField():
            return st.just([{"id": "1", "name": "a.pdf", "size": 3, "sha256": "0" * 64}])
        case TableField():
            row = st.fixed_dictionaries({column.name: good(column) for column in asked.columns})
            return st.lists(row, min_size=max(1, asked.min_rows), max_size=asked.max_rows)
        case _:
            return st.text("abc ", min_size=1, max_size=20).filter(str.strip)
