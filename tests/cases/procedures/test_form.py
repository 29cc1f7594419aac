"""What a form shows, says and refuses, for any definition and anything that is typed."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.procedures import (
    Procedure,
    as_text,
    example_procedures,
    fill_in,
    prefill,
    summary,
    validate,
    visible,
)
from cases.procedures.cleaning import clean
from cases.procedures.fields import Asked
from tests.cases.procedures.building import around, field, good, junk, page, procedure

EXAMPLES = {one.slug: one for one in example_procedures()}
cheap = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
KINDS: list[dict[str, Any]] = [
    field("text", "a", max_length=20),
    field("long_text", "a"),
    field("email", "a"),
    field("phone", "a"),
    field("date", "a", earliest="today-100", latest="today+100"),
    field("number", "a", least=-5, most=50, decimals=2),
    field("choice", "a", options=[{"value": v, "label": {"fr": v}} for v in "xyz"]),
    field("choice", "a", style="many", options=[{"value": v, "label": {"fr": v}} for v in "xyz"]),
    field("yes_no", "a"),
    field("address", "a"),
    field("position", "a"),
    field("files", "a"),
    field("consent", "a"),
    field("table", "a", columns=[field("text", "t"), field("number", "n")], max_rows=3),
]
named = pytest.mark.parametrize(
    "kind", KINDS, ids=[one["kind"] + one.get("style", "") for one in KINDS]
)


def _asked(kind: dict[str, Any]) -> Asked:
    (found,) = procedure(page("p", kind)).fields.values()
    assert isinstance(found, Asked)
    return found


@named
@cheap
@given(data=st.data())
def test_what_is_filled_in_well_is_taken(kind: dict[str, Any], data: st.DataObject) -> None:
    asked = _asked(kind)
    value, wrong = clean(asked, data.draw(good(asked)), around().place)
    assert not wrong
    assert value not in ("", None, [], False) or kind["kind"] in ("yes_no", "number")


@named
@cheap
@given(typed=junk())
def test_whatever_is_typed_gives_a_value_or_a_mistake_at_its_field(
    kind: dict[str, Any], typed: Any
) -> None:
    asked = _asked(kind)
    value, wrong = clean(asked, typed, around().place)
    json.dumps(value)
    assert all(mistake.control.partition("-")[0] == "a" for mistake in wrong)
    assert all(mistake.say("fr", str) for mistake in wrong)


@named
def test_an_empty_field_is_missed_only_when_it_is_required(kind: dict[str, Any]) -> None:
    place = around().place
    assert clean(_asked(kind), None, place)[1]
    assert not clean(_asked(kind | {"required": False}), None, place)[1]


@named
@cheap
@given(data=st.data())
def test_a_condition_hides_any_kind_and_what_was_typed_in_it(
    kind: dict[str, Any], data: st.DataObject
) -> None:
    conditional = kind | {"visible_when": "form.first == true"}
    definition = procedure(page("p", field("yes_no", "first"), conditional))
    typed = {"a": data.draw(good(_asked(kind)))}
    hidden = fill_in(definition, {**typed, "first": "no"}, around())
    shown = fill_in(definition, {**typed, "first": "yes"}, around())
    assert visible(hidden) == ["first"]
    assert hidden.values == {"first": False}
    assert not hidden.mistakes
    assert visible(shown) == ["first", "a"]
    assert "a" in shown.values
    assert not shown.mistakes


@pytest.mark.parametrize("slug", sorted(EXAMPLES))
@cheap
@given(data=st.data())
def test_the_examples_survive_anything(slug: str, data: st.DataObject) -> None:
    definition = EXAMPLES[slug]
    names = st.sampled_from(sorted(definition.fields))
    typed = data.draw(st.dictionaries(names, junk(), max_size=8))
    form = fill_in(definition, typed, around())
    assert set(form.values) <= set(visible(form))
    assert form == fill_in(definition, json.loads(json.dumps(typed)), around())
    for locale in ("fr", "en"):
        as_text(summary(definition, form.values, locale, hidden=True), locale)


@pytest.mark.parametrize("slug", sorted(EXAMPLES))
@settings(max_examples=3, deadline=None, database=None)
@given(data=st.data())
def test_the_examples_take_good_answers_but_for_their_own_checks(
    slug: str, data: st.DataObject
) -> None:
    definition: Procedure = EXAMPLES[slug]
    typed = {
        name: data.draw(good(one))
        for name, one in definition.fields.items()
        if isinstance(one, Asked)
    }
    form = fill_in(definition, typed, around())
    assert not [mistake.control for mistake in form.mistakes if not mistake.own]


def test_a_check_tells_the_author_s_words_once_the_field_is_filled_in() -> None:
    check = {"rule": "value > form.low", "message": {"fr": "Trop bas", "en": "Too low"}}
    definition = procedure(
        page("p", field("number", "low"), field("number", "high", checks=[check]))
    )
    (wrong,) = validate(fill_in(definition, {"low": "3", "high": "2"}, around()), "p")
    assert (wrong.control, wrong.say("en", str)) == ("high", "Too low")
    assert not fill_in(definition, {"low": "3", "high": "4"}, around()).mistakes


@named
@cheap
@given(data=st.data())
def test_a_check_of_any_kind_holds_or_tells_its_words_behind_any_condition(
    kind: dict[str, Any], data: st.DataObject
) -> None:
    holds = data.draw(st.booleans())
    words = {"fr": "Non"}
    rule = {"rule": f"value == form.a && {str(holds).lower()}", "message": words}
    asked = kind | {"visible_when": "form.first == true", "checks": [rule]}
    definition = procedure(page("p", field("yes_no", "first"), asked))
    typed = {"a": data.draw(good(_asked(kind)))}
    shown = fill_in(definition, {**typed, "first": "yes"}, around())
    assert [one.own for one in shown.mistakes] == ([] if holds else [words])
    assert not fill_in(definition, {**typed, "first": "no"}, around()).mistakes


def test_computed_values_follow_the_answers_and_wait_for_them() -> None:
    definition = procedure(
        page(
            "p",
            field("number", "price", decimals=2),
            field("number", "pieces"),
            field("computed", "sum", expression="form.price * double(form.pieces)"),
        )
    )
    assert fill_in(definition, {"price": "2,50"}, around()).values["sum"] is None
    assert fill_in(definition, {"price": "2,50", "pieces": "3"}, around()).values["sum"] == 7.5


def test_a_page_is_shown_when_the_answers_before_it_ask_for_it() -> None:
    definition = procedure(
        page("first", field("yes_no", "more")),
        page("second", field("text", "why"), visible_when="form.more == true"),
    )
    assert [one.name for one in fill_in(definition, {"more": "no"}, around()).pages] == ["first"]
    assert len(fill_in(definition, {"more": "yes"}, around()).pages) == 2


def test_what_is_hidden_behind_what_is_hidden_is_hidden() -> None:
    definition = procedure(
        page(
            "p",
            field("yes_no", "a"),
            field("yes_no", "b", visible_when="form.a == true"),
            field("yes_no", "c", visible_when="form.b == true"),
        )
    )
    assert visible(fill_in(definition, {"a": "no", "b": "yes", "c": "yes"}, around())) == ["a"]


@named
@cheap
@given(data=st.data())
def test_a_profile_fills_in_any_kind(kind: dict[str, Any], data: st.DataObject) -> None:
    if kind["kind"] in ("files", "table", "position", "consent"):
        return
    definition = procedure(page("p", kind | {"prefill": "citizen.known"}))
    typed = data.draw(good(_asked(kind)))
    filled = prefill(definition, around(known=typed))
    assert not fill_in(definition, filled, around()).mistakes
    assert prefill(definition, around()) == {}


def test_answers_are_written_with_the_signs_of_their_language() -> None:
    columns = [field("text", "name", label={"fr": "Prénom", "en": "First name"})]
    columns.append(field("number", "age", label={"fr": "Âge ?", "en": "Age?"}))
    definition = procedure(
        page(
            "p",
            field("yes_no", "dog", label={"fr": "Avez-vous un chien ?", "en": "Is there a dog?"}),
            field("text", "street", label={"fr": "Rue", "en": "Street"}),
            field("table", "children", columns=columns, label={"fr": "Enfants", "en": "Children"}),
        )
    )
    values = {"dog": True, "street": "des Lilas", "children": [{"name": "Zoé", "age": 7}]}
    french = as_text(summary(definition, values, "fr"), "fr").replace("\N{NO-BREAK SPACE}", "~")
    assert french.splitlines()[1:] == [
        "Avez-vous un chien~? Oui",
        "Rue~: des Lilas",
        "Enfants~:",
        "  - Prénom~: Zoé~; Âge~? 7",
    ]
    english = as_text(summary(definition, values, "en"), "en")
    assert english.splitlines()[1:] == [
        "Is there a dog? Yes",
        "Street: des Lilas",
        "Children:",
        "  - First name: Zoé; Age? 7",
    ]
