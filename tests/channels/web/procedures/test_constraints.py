"""Whatever the page's HTML forbids, the server does not keep: for every kind of field, and anything
that is typed."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.procedures.cleaning import clean
from cases.procedures.fields import Asked, FilesField
from channels.web.procedures.uploads import problem_ahead
from tests.cases.procedures import building as definitions
from tests.cases.procedures.building import around, junk
from tests.channels.web.building import Portal
from tests.channels.web.procedures.building import begin, publish

made = definitions.field
OPTIONS = [{"value": value, "label": {"fr": value}} for value in "xyz"]
FIELDS = [
    made("text", "line", max_length=12),
    made("long_text", "story", max_length=30),
    made("email", "mail"),
    made("phone", "phone"),
    made("date", "day", earliest="2026-03-01", latest="2026-03-31"),
    made("number", "number", least=1, most=9),
    made("choice", "radio", options=OPTIONS),
    made("choice", "list", style="list", options=OPTIONS),
    made("choice", "many", style="many", options=OPTIONS),
    made("yes_no", "yes"),
    made("address", "home"),
    made("position", "place"),
    made("consent", "consent"),
    made("files", "files", accept=["pdf", "jpg"]),
    made("table", "rows", columns=[made("text", "cell", max_length=5), made("date", "born")]),
]
HOME = {"postcode": "57000", "city": "Metz"}
ASCII_MAIL = re.compile(  # https://html.spec.whatwg.org/#valid-e-mail-address
    r"[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)


class Constraints(HTMLParser):
    """What a page says of its controls, by their names."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.of: dict[str, dict[str, str]] = {}
        self.offered: dict[str, set[str]] = {}
        self._list = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        name = said.get("name", "")
        if tag == "select":
            self._list = name
        if tag == "option":
            self.offered.setdefault(self._list, set()).add(said.get("value", ""))
        if said.get("type") in ("radio", "checkbox"):
            self.offered.setdefault(name, set()).add(said.get("value", ""))
        if name.startswith("f-"):
            self.of[name] = said

    def allow(self, name: str, value: Any) -> bool:
        """Whether a browser would let this be sent."""
        said = self.of[name]
        if isinstance(value, list):
            return {*value} <= self.offered[name]
        if name in self.offered and said.get("type") != "checkbox":
            return value in self.offered[name]
        text = str(value)
        return (
            len(text.encode("utf-16-le")) // 2 <= int(said.get("maxlength") or 10**9)
            and (
                said.get("type") != "date"
                or said.get("min", "") <= text <= (said.get("max") or "~")
            )
            and (said.get("type") != "email" or not text.isascii() or _is_mail(text))
        )


def _is_mail(text: str) -> bool:
    return ASCII_MAIL.fullmatch(text) is not None


def _sent(name: str, value: Any) -> list[tuple[str, Any]]:
    """A value under the names of its controls."""
    if isinstance(value, dict):
        return [(f"{name}-{part}", one) for part, one in value.items() if one is not None]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [(f"{name}-0-{part}", one) for row in value for part, one in row.items()]
    if isinstance(value, bool):
        return [(name, "yes" if value else "no")]
    return [(name, value)] if value not in (None, "", []) else []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_the_server_keeps_nothing_that_the_page_forbids(portal: Portal) -> None:
    definition = definitions.procedure(definitions.page("p", *FIELDS), slug="bins")
    await publish(portal, definition)
    async with portal.browser() as browser:
        page = Constraints((await begin(browser)).page.html)
    typed = (
        junk()
        | st.text(st.sampled_from("a😀é@. \n"), max_size=40)
        | st.dates().map(str)
        | st.emails()
        | st.integers(195, 205).map(lambda length: {**HOME, "street": "x" * length})
        | st.integers(195, 205).map(lambda length: {"address": "😀" + "x" * length})
        | st.sampled_from(["x", "w", "https://", "a" * 13, "😀" * 8])
        | st.fixed_dictionaries({"cell": st.text(max_size=9), "born": st.just("2020-01-01")}).map(
            lambda row: [row]
        )
    )

    @settings(
        max_examples=40,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(name=st.sampled_from([*definition.fields]), typed=typed)
    def holds(name: str, typed: Any) -> None:
        field = definition.fields[name]
        assert isinstance(field, Asked)
        value, wrong = clean(field, typed, around().place)
        if wrong or isinstance(field, FilesField):
            return
        assert value not in (None, "", [], False) or name in ("yes", "number"), "it is required"
        assert all(page.allow(control, one) for control, one in _sent(f"f-{name}", value))

    for _ in range(8):
        holds()


@pytest.mark.parametrize("ending", ["exe", "png", "pdf.exe", ""])
def test_a_file_that_the_page_does_not_offer_is_refused(ending: str) -> None:
    field = FilesField.model_validate(made("files", "a", accept=["pdf", "jpg"]))
    assert problem_ahead(field, f"plan.{ending}", 10)
    assert not problem_ahead(field, "plan.jpeg", 10)
