"""What a definition may say, and how it is told what is wrong with it."""

import json
from datetime import date
from typing import Any

import pytest
from jsonschema_rs import validator_for

from cases.procedures import (
    as_json,
    example_procedures,
    is_open,
    json_schema,
    leave_for,
    read_definition,
)
from cases.procedures.definition import OpeningPeriod
from core.errors import BadInput
from tests.cases.procedures.building import around, field, page, procedure, procedure_data


def _refused(*pages: dict[str, Any], **values: Any) -> str:
    with pytest.raises(BadInput) as refused:
        procedure(*pages, **values)
    return refused.value.reason


@pytest.mark.parametrize("example", example_procedures(), ids=lambda one: one.slug)
def test_an_example_speaks_both_languages_and_survives_export_and_import(example: Any) -> None:
    exported = as_json(example)
    assert read_definition(exported) == example

    def texts(value: Any) -> Any:
        if isinstance(value, dict):
            if "fr" in value or "en" in value:
                yield value
            else:
                for part in value.values():
                    yield from texts(part)
        elif isinstance(value, list):
            for part in value:
                yield from texts(part)

    assert all(set(text) == {"fr", "en"} for text in texts(json.loads(exported)))


def test_the_examples_fit_the_published_schema() -> None:
    schema = validator_for(json_schema())
    for example in example_procedures():
        schema.validate(json.loads(as_json(example)))


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"visible_when": "form.b =="}, "pages.0.fields.0.visible_when: 1:10"),
        ({"visible_when": "form.b == 1"}, "pages.0.fields.0.visible_when"),
        ({"prefill": "form.a"}, "pages.0.fields.0.prefill"),
        ({"checks": [{"rule": "value > form.zz", "message": {"fr": "x"}}]}, "checks.0.rule"),
        ({"label": {"fr": " "}}, "pages.0.fields.0.label"),
        ({"colour": "red"}, "pages.0.fields.0.colour"),
        ({"name": "B-2"}, "pages.0.fields.0.name"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(values: dict[str, Any], place: str) -> None:
    assert place in _refused(page("p", field("text", "a") | values, field("text", "b")))


def test_names_are_unique() -> None:
    assert "pages.1.fields.0.name" in _refused(
        page("p", field("text", "a")), page("q", field("text", "a"))
    )
    assert "pages.1.name" in _refused(page("p"), page("p"))


def test_a_slug_that_is_an_address_of_ours_is_refused() -> None:
    assert "slug" in _refused(page("p"), slug="resume")


def test_not_even_json_is_told_as_bad_input() -> None:
    with pytest.raises(BadInput):
        read_definition(b"{")


@pytest.mark.parametrize(
    ("opening", "day", "opens"),
    [
        ({}, "2026-03-09", True),
        ({"first_day": "2026-03-10"}, "2026-03-09", False),
        ({"last_day": "2026-03-09"}, "2026-03-09", True),
        ({"season_start": "03-01", "season_end": "11-30"}, "2026-12-01", False),
        ({"season_start": "11-15", "season_end": "02-15"}, "2026-01-01", True),
        ({"season_start": "11-15", "season_end": "02-15"}, "2026-06-01", False),
    ],
)
def test_a_procedure_is_open_in_its_period(opening: Any, day: str, opens: bool) -> None:
    assert is_open(OpeningPeriod(**opening), date.fromisoformat(day)) is opens


def test_who_may_not_use_it_reads_why() -> None:
    check = {"rule": "citizen.postcode == '57000'", "message": {"fr": "Il faut habiter ici."}}
    local = procedure(page("p"), eligibility=[check])
    stranger = leave_for(local, around(postcode="75001"), "fr")
    assert (stranger.answer, stranger.reasons) == ("no", ["Il faut habiter ici."])
    assert leave_for(local, around(postcode="57000"), "fr").given
    assert leave_for(local, around(), "fr").given  # unknown: the form asks
    assert (
        leave_for(procedure(page("p"), anonymous="forbidden"), around(), "fr").answer == "sign-in"
    )
    closed = procedure(page("p"), opening={"last_day": "2026-01-01"})
    assert leave_for(closed, around(), "fr").answer == "closed"


def test_unknown_parts_are_not_passed_over() -> None:
    with pytest.raises(BadInput):
        read_definition(procedure_data(page("p")) | {"workflow": {}})
